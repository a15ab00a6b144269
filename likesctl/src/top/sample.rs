//! All that was read of a stack at one time.

use std::{future::Future, time::Duration};

use futures::{FutureExt, join};
use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    alarms::{self, Alarms},
    errors::{Errors, Logs},
    mapping::{self, Mapping},
    metrics::{self, Metrics},
    newest,
    quarantine::{self, Quarantine},
    services::Services,
    stream::{self, Stream},
    window::Window,
};
use crate::unread::Unread;

/// How long a source may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// `CloudWatch`'s shortest period of metrics that are not of high resolution, in seconds:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html>.
const PERIOD: i32 = 60;
/// The emulator keeps every value with its time.
const LOCAL_PERIOD: i32 = 10;

/// All that was read of a stack at one time; each source by itself, since some may not be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub at: Timestamp,
    pub window: Window,
    pub metrics: Result<Metrics, Unread>,
    pub stream: Result<Stream, Unread>,
    pub mapping: Result<Mapping, Unread>,
    pub quarantine: Result<Quarantine, Unread>,
    /// When the newest object was written.
    pub newest: Result<Option<Timestamp>, Unread>,
    pub alarms: Result<Alarms, Unread>,
    pub errors: Result<Errors, Unread>,
}

impl Sample {
    /// Asks all sources at once.
    pub(super) async fn read(services: &Services, logs: &mut Logs) -> Self {
        let at = Timestamp::now();
        let window = Window::until(at, if services.is_local { LOCAL_PERIOD } else { PERIOD });
        let (metrics, stream, mapping, quarantine, newest, alarms, errors) = join!(
            in_time(metrics::read(services, window)),
            in_time(stream::read(services)),
            in_time(mapping::read(services)),
            in_time(quarantine::read(services)),
            in_time(newest::read(services)),
            in_time(alarms::read(services)),
            in_time(logs.read(services, at)),
        );
        Self { at, window, metrics, stream, mapping, quarantine, newest, alarms, errors }
    }

    /// Each source that could not be read, and why.
    pub(super) fn unread(&self) -> Vec<(&'static str, &Unread)> {
        let metrics = self.metrics.as_ref().ok().into_iter().flat_map(Metrics::iter);
        // The same reason is given once.
        let mut metric = metrics.filter_map(|(_, series)| series.as_ref().err()).collect::<Vec<_>>();
        metric.dedup();
        let sources = [
            ("metrics", self.metrics.as_ref().err()),
            ("stream", self.stream.as_ref().err()),
            ("mapping", self.mapping.as_ref().err()),
            ("quarantine", self.quarantine.as_ref().err()),
            ("archive", self.newest.as_ref().err()),
            ("alarms", self.alarms.as_ref().err()),
            ("errors", self.errors.as_ref().err()),
        ];
        let sources = sources.into_iter().filter_map(|(source, unread)| Some((source, unread?)));
        metric.into_iter().map(|unread| ("metrics", unread)).chain(sources).collect()
    }
}

/// What a source answers, if it does so in time.
async fn in_time<T>(answer: impl Future<Output = Result<T, Unread>> + Send) -> Result<T, Unread> {
    let late = |_| Unread::Unknown(format!("no answer within {} seconds", TIMEOUT.as_secs()));
    timeout(TIMEOUT, answer.boxed()).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

#[cfg(test)]
pub(super) mod tests;
