//! The bucket that objects are written to.

use aws_config::SdkConfig;
use aws_sdk_s3::{Client, config, primitives::ByteStream};
use jiff::Timestamp;
use mapping::{CallError, Record};
use uuid::Uuid;

use crate::{error::DeliveryError, object::object, prefix::Prefix};

/// A bucket, and how the objects in it are named.
#[derive(Debug)]
pub(crate) struct Destination {
    client: Client,
    bucket: String,
    prefix: Prefix,
    delivery_stream: String,
}

impl Destination {
    pub(crate) fn new(config: &SdkConfig, bucket: String, prefix: Prefix, delivery_stream: String) -> Self {
        let config = config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket, prefix, delivery_stream }
    }

    /// The name of the delivery stream that writes to it.
    pub(crate) fn delivery_stream(&self) -> &str {
        &self.delivery_stream
    }

    /// Writes records as an object, and returns its key.
    pub(crate) async fn write(&self, records: &[Record]) -> Result<String, DeliveryError> {
        let arrived = records.first().and_then(|record| Timestamp::try_from(record.arrived_at()).ok());
        let key = self.key(arrived.unwrap_or_else(Timestamp::now), Uuid::now_v7());
        let body = ByteStream::from(object(records)?);
        let put = self.client.put_object().bucket(&self.bucket).key(&key).body(body).send().await;
        put.map_err(|error| CallError::failed("PutObject", error))?;
        Ok(key)
    }

    /// The key of a new object, in Firehose's format: <https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html>.
    fn key(&self, arrived: Timestamp, id: Uuid) -> String {
        let time = arrived.strftime("%Y-%m-%d-%H-%M-%S");
        format!("{}{}-1-{time}-{id}.gz", self.prefix.at(arrived), self.delivery_stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_as_firehose_names_it() {
        let config = SdkConfig::builder().build();
        let prefix = "likes/day=!{timestamp:yyyy-MM-dd}/".parse().unwrap();
        let destination = Destination::new(&config, "archive".into(), prefix, "likes-delivery".into());
        assert_eq!(
            destination.key("2026-11-23T05:06:07Z".parse().unwrap(), Uuid::nil()),
            "likes/day=2026-11-23/likes-delivery-1-2026-11-23-05-06-07-00000000-0000-0000-0000-000000000000.gz"
        );
    }
}
