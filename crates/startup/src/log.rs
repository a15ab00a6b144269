//! The log, in the format and at the level of the function's logging configuration.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html>.

use std::env;

use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Writes log lines to standard output. Without a level in the function's configuration, `RUST_LOG` has it, such as
/// `debug` or `warn,counting=debug`; without either, it is `info`.
pub fn init_telemetry() {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let is_json = variable("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = fmt::layer::<Registry>().with_target(false).without_time();
    let lines = if is_json { lines.json().boxed() } else { lines.boxed() };
    let level = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|| variable("RUST_LOG"));
    tracing_subscriber::registry().with(lines.with_filter(filter(level.as_deref()))).init();
}

/// `lambda_runtime` has a filter of its own, whose regular expressions would be a tenth of a function's size.
fn filter(level: Option<&str>) -> Targets {
    let level = match level {
        // Lambda's highest level, which `tracing` does not have.
        Some(level) if level.eq_ignore_ascii_case("fatal") => "error",
        Some(level) => level,
        None => "info",
    };
    level.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_function_logs_at_its_level_and_at_info_without_one() {
        for (level, logged, not_logged) in [
            (None, Level::INFO, Level::DEBUG),
            (Some("DEBUG"), Level::DEBUG, Level::TRACE),
            (Some("FATAL"), Level::ERROR, Level::WARN),
            (Some("a=b=c"), Level::INFO, Level::DEBUG),
        ] {
            let filter = filter(level);
            assert!(filter.would_enable("counting", &logged), "{level:?}");
            assert!(!filter.would_enable("counting", &not_logged), "{level:?}");
        }
    }

    #[test]
    fn a_crate_can_have_a_level_of_its_own() {
        let filter = filter(Some("warn,counting=debug"));
        assert!(filter.would_enable("counting::spread", &Level::DEBUG));
        assert!(!filter.would_enable("hyper", &Level::INFO));
    }

    #[test]
    fn telemetry_installs_a_subscriber() {
        init_telemetry();
        assert!(tracing::dispatcher::has_been_set());
    }
}
