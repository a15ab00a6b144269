//! What every handler does before its first event: logs, metrics, settings and the AWS SDK's configuration.

mod log;
pub mod metrics;

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
pub use log::init_telemetry;
use thiserror::Error;

/// A required setting is missing from the function's environment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the environment variable {0} is not set; the Pulumi program sets it on the function")]
pub struct MissingVariable(pub &'static str);

/// Reads a setting from the function's environment.
///
/// # Errors
/// [`MissingVariable`] if it is absent, empty or not Unicode.
pub fn variable(name: &'static str) -> Result<String, MissingVariable> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(MissingVariable(name))
}

/// The time and attempts that one call to AWS may take, including retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBudget {
    /// The maximum number of attempts: the first and its retries.
    pub attempts: u32,
    /// The timeout of one attempt.
    pub attempt_timeout: Duration,
    /// The timeout of the call: all attempts and the backoff between them.
    pub operation_timeout: Duration,
}

impl CallBudget {
    fn retries(self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(Duration::from_millis(50))
            .with_max_backoff(Duration::from_secs(1))
    }

    fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.attempt_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.operation_timeout)
            .build()
    }
}

/// The AWS SDK's configuration: region, credentials, `AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT` and
/// `AWS_USE_DUALSTACK_ENDPOINT` from the environment; retries and timeouts from `budget`.
///
/// Lambda passes region and credentials in the environment alone, so nothing else is looked at: the other places that
/// `aws_config::load_defaults` knows, such as profiles and roles to assume, would be a tenth of a function's size. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>.
#[must_use]
pub fn sdk_config(budget: CallBudget) -> SdkConfig {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let is_on = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let credentials = SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new());
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(variable("AWS_REGION").map(Region::new))
        .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"))
        .credentials_provider(credentials)
        .retry_config(budget.retries())
        .timeout_config(budget.timeouts());
    config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    config.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_setting_is_named() {
        let error = variable("LIKESTREAM_NO_SUCH_VARIABLE").unwrap_err();
        assert!(error.to_string().contains("LIKESTREAM_NO_SUCH_VARIABLE"), "{error}");
    }

    #[test]
    fn a_setting_is_read_from_the_environment() {
        assert_eq!(variable("CARGO_PKG_NAME").as_deref(), Ok("startup"));
    }

    #[test]
    fn a_budget_limits_attempts_and_timeouts() {
        let [attempt_timeout, timeout] = [2, 6].map(Duration::from_secs);
        let budget = CallBudget { attempts: 3, attempt_timeout, operation_timeout: timeout };
        assert_eq!(budget.retries().max_attempts(), 3);
        assert_eq!(budget.retries().initial_backoff(), Duration::from_millis(50));
        assert_eq!(budget.retries().max_backoff(), Duration::from_secs(1));
        assert_eq!(budget.timeouts().connect_timeout(), Some(attempt_timeout));
        assert_eq!(budget.timeouts().operation_attempt_timeout(), Some(attempt_timeout));
        assert_eq!(budget.timeouts().operation_timeout(), Some(timeout));
    }
}
