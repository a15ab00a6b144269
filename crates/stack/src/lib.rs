//! A stack that runs, found by its outputs alone, on AWS or on one machine.

mod outputs;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
pub use outputs::{Outputs, OutputsError};

impl Outputs {
    /// How to reach the stack's AWS: with the environment's credentials, or with the local stack's, which are outputs.
    pub async fn sdk_config(&self) -> SdkConfig {
        let mut config =
            aws_config::defaults(BehaviorVersion::latest()).region(Region::new(self.region.clone()));
        if let Some(endpoint) = &self.endpoint_url {
            config = config.endpoint_url(endpoint);
        }
        if let (Some(id), Some(secret)) = (&self.access_key_id, &self.secret_access_key) {
            config = config.credentials_provider(Credentials::new(id, secret, None, None, "outputs"));
        }
        config.load().await
    }

    /// A client of the stack's S3; the emulator's buckets have no host names.
    #[must_use]
    pub fn s3(&self, config: &SdkConfig) -> aws_sdk_s3::Client {
        let builder = aws_sdk_s3::config::Builder::from(config);
        aws_sdk_s3::Client::from_conf(builder.force_path_style(self.endpoint_url.is_some()).build())
    }
}
