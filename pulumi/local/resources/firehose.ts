import type { CompressionFormat, ProcessorType } from "@aws-sdk/client-firehose";
import { InputError } from "../inputs";
import type { Creators } from "../resource";

export const firehose: Creators = {
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (DeliveryStreamName, inputs) => {
    const destination = inputs.string("destination");
    if (destination !== "extended_s3") {
      throw new InputError(`the local stack does not support the destination "${destination}"`);
    }
    const KinesisStreamSourceConfiguration = inputs.object("kinesisSourceConfiguration", (source) => ({
      KinesisStreamARN: source.string("kinesisStreamArn"),
      RoleARN: source.string("roleArn"),
    }));
    const ExtendedS3DestinationConfiguration = inputs.object("extendedS3Configuration", (s3) => ({
      BucketARN: s3.string("bucketArn"),
      RoleARN: s3.string("roleArn"),
      BufferingHints: {
        IntervalInSeconds: s3.number("bufferingInterval"),
        SizeInMBs: s3.number("bufferingSize"),
      },
      // The emulator writes each record as its own object and adds no delimiters.
      ProcessingConfiguration: s3.object("processingConfiguration", (processing) => ({
        Enabled: processing.boolean("enabled"),
        Processors: processing.list("processors", (processor) => ({
          Type: processor.string("type") as ProcessorType,
        })),
      })),
      CompressionFormat: s3.string("compressionFormat") as CompressionFormat,
      Prefix: s3.string("prefix"),
      ErrorOutputPrefix: s3.string("errorOutputPrefix"),
      CloudWatchLoggingOptions: s3.object("cloudwatchLoggingOptions", (logging) => ({
        Enabled: logging.boolean("enabled"),
        LogGroupName: logging.string("logGroupName"),
        LogStreamName: logging.string("logStreamName"),
      })),
    }));
    return async ({ firehose }) => {
      const { DeliveryStreamARN } = await firehose.createDeliveryStream({
        DeliveryStreamName,
        DeliveryStreamType: "KinesisStreamAsSource",
        KinesisStreamSourceConfiguration,
        ExtendedS3DestinationConfiguration,
      });
      return { id: DeliveryStreamARN ?? "", outputs: { name: DeliveryStreamName, arn: DeliveryStreamARN } };
    };
  },
};
