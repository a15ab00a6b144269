//! What is wrong with Firehose.

use aws_sdk_firehose::types::{
    BufferingHints, CompressionFormat, DeliveryStreamFailureType, DeliveryStreamType, DestinationDescription,
    EncryptionConfiguration, FailureDescription, KinesisStreamSourceDescription, ProcessingConfiguration,
    Processor, SourceDescription, builders::DeliveryStreamDescriptionBuilder,
    builders::ExtendedS3DestinationDescriptionBuilder,
};

use super::*;
use crate::doctor::services::tests::services;

fn s3() -> ExtendedS3DestinationDescriptionBuilder {
    let processor = Processor::builder().r#type(ProcessorType::AppendDelimiterToRecord).build().unwrap();
    ExtendedS3DestinationDescription::builder()
        .role_arn("arn:aws:iam::123456789012:role/likes")
        .bucket_arn("arn:aws:s3:::archiveBucket")
        .prefix("likes/day=!{timestamp:yyyy-MM-dd}/")
        .buffering_hints(BufferingHints::builder().build())
        .compression_format(CompressionFormat::Gzip)
        .encryption_configuration(EncryptionConfiguration::builder().build())
        .processing_configuration(
            ProcessingConfiguration::builder().enabled(true).processors(processor).build(),
        )
}

/// Firehose as the Pulumi program deploys it, with this destination.
fn firehose(s3: ExtendedS3DestinationDescriptionBuilder) -> DeliveryStreamDescriptionBuilder {
    let s3 = s3.build().unwrap();
    let destination = DestinationDescription::builder().destination_id("1");
    DeliveryStreamDescription::builder()
        .delivery_stream_name("likes")
        .delivery_stream_arn("arn")
        .delivery_stream_status(DeliveryStreamStatus::Active)
        .delivery_stream_type(DeliveryStreamType::KinesisStreamAsSource)
        .version_id("1")
        .source(source("streamName"))
        .destinations(destination.extended_s3_destination_description(s3).build().unwrap())
        .has_more_destinations(false)
}

fn source(stream: &str) -> SourceDescription {
    let arn = format!("arn:aws:kinesis:eu-west-1:123456789012:stream/{stream}");
    let kinesis = KinesisStreamSourceDescription::builder().kinesis_stream_arn(arn).build();
    SourceDescription::builder().kinesis_stream_source_description(kinesis).build()
}

async fn found(firehose: DeliveryStreamDescriptionBuilder, is_local: bool) -> Vec<Finding> {
    let outputs = services("").await.outputs;
    judge(&firehose.build().unwrap(), &outputs, is_local, "deploy")
}

#[tokio::test]
async fn firehose_as_it_is_deployed_is_fine() {
    let fine = [Finding::ok("active, buffers likes for up to 60 s")];
    assert_eq!(found(firehose(s3()), false).await, fine);
    assert_eq!(found(firehose(s3()).set_source(None), true).await, fine);
}

#[tokio::test]
async fn what_keeps_likes_out_of_the_archive_is_a_problem() {
    let failure = FailureDescription::builder().r#type(DeliveryStreamFailureType::UnknownError);
    let failure = failure.details("no role").build().unwrap();
    let failed = firehose(s3()).delivery_stream_status(DeliveryStreamStatus::CreatingFailed);
    let other_bucket = s3().bucket_arn("arn:aws:s3:::other-archiveBucket");
    let processing = |enabled, processors| {
        ProcessingConfiguration::builder().enabled(enabled).set_processors(processors).build()
    };
    let processors = s3().get_processing_configuration().clone().unwrap().processors;
    let (disabled, other) = (processing(false, processors), processing(true, None));
    let joined = "appends no newline to a record: one that is not a like corrupts the next line";
    for (firehose, expected) in [
        (failed.failure_description(failure), "is CREATING_FAILED: no role"),
        (firehose(s3()).source(source("other")), "does not read the stream streamName"),
        (firehose(s3()).set_source(None), "does not read the stream streamName"),
        (firehose(other_bucket), "does not write to archiveBucket"),
        (firehose(s3().prefix("other/")), "does not write below likes/, where the archive is read"),
        (firehose(s3().processing_configuration(disabled)), joined),
        (firehose(s3().processing_configuration(other)), joined),
    ] {
        assert_eq!(found(firehose, false).await, [Finding::problem(expected, "deploy")]);
    }
}
