//! Does Firehose write the stream's likes to the archive?

use aws_sdk_firehose::types::{
    DeliveryStreamDescription, DeliveryStreamStatus, ExtendedS3DestinationDescription, ProcessorType,
};
use stack::Outputs;

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::unread::Unread;

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let outputs = &services.outputs;
    let request = services.firehose.describe_delivery_stream().delivery_stream_name(&outputs.delivery_stream);
    match request.send().await?.delivery_stream_description {
        Some(firehose) => Ok(judge(&firehose, outputs, services.is_local, services.repair())),
        None => Err(Unread::Unknown("Firehose describes no stream".into())),
    }
}

/// See <https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeliveryStreamDescription.html>.
fn judge(
    firehose: &DeliveryStreamDescription,
    outputs: &Outputs,
    is_local: bool,
    repair: &str,
) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if firehose.delivery_stream_status != DeliveryStreamStatus::Active {
        let details = firehose.failure_description().map(|failure| format!(": {}", failure.details()));
        let found = format!("is {}{}", firehose.delivery_stream_status, details.unwrap_or_default());
        wrong.push(Finding::problem(found, repair));
    }
    let source = firehose.source().and_then(|source| source.kinesis_stream_source_description());
    let stream = source.and_then(|source| source.kinesis_stream_arn());
    // The emulator's Firehose has no stream as its source, because a process of the local stack does its work.
    if !is_local && !ends_with(stream, &format!(":stream/{}", outputs.stream_name)) {
        wrong.push(Finding::problem(format!("does not read the stream {}", outputs.stream_name), repair));
    }
    let destination = firehose.destinations().first();
    let s3 = destination.and_then(|destination| destination.extended_s3_destination_description());
    if !s3.is_some_and(|s3| ends_with(Some(s3.bucket_arn()), &format!(":{}", outputs.archive_bucket))) {
        wrong.push(Finding::problem(format!("does not write to {}", outputs.archive_bucket), repair));
    } else if !s3.and_then(|s3| s3.prefix()).is_some_and(|prefix| prefix.starts_with(archive::PREFIX)) {
        let found = format!("does not write below {}, where the archive is read", archive::PREFIX);
        wrong.push(Finding::problem(found, repair));
    }
    if !s3.is_some_and(separates_records) {
        let found = "appends no newline to a record: one that is not a like corrupts the next line";
        wrong.push(Finding::problem(found, repair));
    }
    or_ok(wrong, || format!("active, buffers likes for up to {} s", outputs.archive_buffer_seconds))
}

fn ends_with(arn: Option<&str>, end: &str) -> bool {
    arn.is_some_and(|arn| arn.ends_with(end))
}

fn separates_records(s3: &ExtendedS3DestinationDescription) -> bool {
    s3.processing_configuration().is_some_and(|processing| {
        let appends = ProcessorType::AppendDelimiterToRecord;
        processing.enabled == Some(true)
            && processing.processors().iter().any(|processor| processor.r#type == appends)
    })
}

#[cfg(test)]
mod tests;
