import type { CompressionFormat, ProcessorType } from "@aws-sdk/client-firehose";
import { InputError } from "../inputs";
import type { Creators } from "../resource";

export const firehose: Creators = {
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (DeliveryStreamName, inputs) => {
    const destination = inputs.string("destination");
    if (destination !== "extended_s3") {
      throw new InputError(`the local stack does not support the destination "${destination}"`);
    }
    const source = inputs.object("kinesisSourceConfiguration", (source) => ({
      streamArn: source.string("kinesisStreamArn"),
      roleArn: source.string("roleArn"),
    }));
    const ExtendedS3DestinationConfiguration = inputs.object("extendedS3Configuration", (s3) => ({
      BucketARN: s3.string("bucketArn"),
      RoleARN: s3.string("roleArn"),
      BufferingHints: {
        IntervalInSeconds: s3.number("bufferingInterval"),
        SizeInMBs: s3.number("bufferingSize"),
      },
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
    if (!source || !ExtendedS3DestinationConfiguration) {
      throw new InputError("the local stack delivers from a Kinesis stream to S3");
    }
    const { BucketARN, Prefix, BufferingHints, ...format } = ExtendedS3DestinationConfiguration;
    const processors = format.ProcessingConfiguration?.Processors.map(({ Type }) => Type) ?? [];
    if (format.CompressionFormat !== "GZIP" || processors.join() !== "AppendDelimiterToRecord") {
      throw new InputError("the local stack supports only GZIP with the processor AppendDelimiterToRecord");
    }
    return async ({ firehose, deliver }) => {
      // The local stack's own process does its work: from a stream, the emulator would write each record as its own
      // object. It does not if it does not know the stream.
      const { DeliveryStreamARN } = await firehose.createDeliveryStream({
        DeliveryStreamName,
        DeliveryStreamType: "DirectPut",
        ExtendedS3DestinationConfiguration,
      });
      // It starts at LATEST, so a resource that depends on it must not be created before.
      await deliver({
        name: DeliveryStreamName,
        streamArn: source.streamArn,
        bucket: BucketARN.replace(/^arn:aws:s3:::/, ""),
        prefix: Prefix,
        intervalSeconds: BufferingHints.IntervalInSeconds,
      });
      return { id: DeliveryStreamARN ?? "", outputs: { name: DeliveryStreamName, arn: DeliveryStreamARN } };
    };
  },
};
