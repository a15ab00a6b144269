//! A deployed stack, on AWS or local: its outputs, and how to reach its AWS services.

mod outputs;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
pub use outputs::{Outputs, OutputsError};

impl Outputs {
    /// The AWS SDK's configuration for this stack. Credentials come from the environment, or from a local stack's
    /// outputs.
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

    /// A client for the stack's S3. It uses path-style URLs on the local stack, whose buckets have no host names.
    #[must_use]
    pub fn s3(&self, config: &SdkConfig) -> aws_sdk_s3::Client {
        let builder = aws_sdk_s3::config::Builder::from(config);
        aws_sdk_s3::Client::from_conf(builder.force_path_style(self.endpoint_url.is_some()).build())
    }
}
