//! When each fault happened, for what tells from the metrics which alarms ring: `pulumi/local/alarms/faultTrial.ts`.

use std::{env, fs::OpenOptions, io::Write, path::Path, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use tokio::time::sleep;

/// A fault that goes on.
#[derive(Debug)]
pub struct Fault<'a> {
    name: &'a str,
    from: Timestamp,
}

impl<'a> Fault<'a> {
    /// A fault that begins with the next second: metrics have no finer times, and those of two faults must not mix.
    pub async fn begin(name: &'a str) -> Self {
        let into_second = Duration::from_nanos(Timestamp::now().subsec_nanosecond().unsigned_abs().into());
        sleep(Duration::from_secs(1).saturating_sub(into_second)).await;
        Self { name, from: Timestamp::now() }
    }

    /// Ends the fault, and appends it to `faults.jsonl` in the folder of the stack's outputs.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn end(self) {
        let Self { name, from } = self;
        let to = Timestamp::now().as_millisecond();
        let fault = json!({"name": name, "from": from.as_millisecond(), "to": to});
        let outputs = env::var_os("LIKES_OUTPUTS").expect("LIKES_OUTPUTS is set");
        let log = Path::new(&outputs).with_file_name("faults.jsonl");
        let mut log = OpenOptions::new().create(true).append(true).open(log).expect("the log is opened");
        writeln!(log, "{fault}").expect("the log is written");
    }
}
