//! Where, when and how a run was measured.

use std::{env, fs, path::Path, process::Command, thread};

use jiff::Timestamp;

use crate::{aws::Settings, results::Setting};

/// Describes this machine and the versions of what runs on it.
#[must_use]
pub fn describe(root: &Path, aws: &Settings) -> Setting {
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    let model = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| env::consts::ARCH.to_owned());
    let kilobytes = line_of("/proc/meminfo", "MemTotal").unwrap_or_default();
    let kilobytes: f64 = kilobytes.trim_end_matches(" kB").parse().unwrap_or_default();
    // The interpreters are those that the peers run on.
    let commands: [(&str, &str, &[&str]); 5] = [
        ("rustc", "rustc", &["--version"]),
        ("cargo-lambda", "cargo-lambda", &["lambda", "--version"]),
        ("Python", "target/bench/peers/python/bin/python", &["--version"]),
        ("Node", "target/bench/peers/node/node_modules/.bin/node", &["--version"]),
        ("Valgrind", "valgrind", &["--version"]),
    ];
    let versions = commands.into_iter().filter_map(|(name, command, arguments)| {
        // A relative path would be looked up from this process's directory.
        let command = if command.contains('/') { root.join(command) } else { command.into() };
        let version = printed(root, &command.to_string_lossy(), arguments)?;
        Some(if version.starts_with(name) { version } else { format!("{name} {version}") })
    });
    Setting {
        date: format!("{:.0}", Timestamp::now()),
        command: env::args()
            .skip(1)
            .fold("just bench".to_owned(), |all, argument| format!("{all} {argument}")),
        commit: printed(root, "git", &["describe", "--always", "--dirty", "--exclude", "*"])
            .unwrap_or_default(),
        processor: format!("{cpus} × {model}"),
        memory_gib: kilobytes / f64::from(1 << 20),
        load: load(&fs::read_to_string("/proc/loadavg").unwrap_or_default()).unwrap_or_default(),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        versions: versions.collect(),
        latency_ms: aws.latency.as_secs_f64() * 1000.0,
        transaction_latency_ms: aws.transaction_latency.as_secs_f64() * 1000.0,
    }
}

/// The first line that a command prints, if it is there and succeeds.
#[must_use]
pub fn printed(directory: &Path, command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).current_dir(directory).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| printed.lines().next().unwrap_or_default().trim().to_owned())
}

/// The first number of `/proc/loadavg`: the average over a minute.
fn load(averages: &str) -> Option<f64> {
    averages.split_ascii_whitespace().next()?.parse().ok()
}

/// The value of the first line of a file in `/proc` that starts with this name.
fn line_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_that_of_the_last_minute() {
        assert_eq!(load("4.73 3.10 2.00 5/301 1234\n"), Some(4.73));
        assert_eq!(load(""), None);
    }
}
