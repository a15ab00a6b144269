import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Archive, dayFolder, LIKES } from "./archive";
import { allow, trust } from "./policy";
import type { LikeStream } from "./stream";

export interface DeliveryArgs {
  readonly stream: LikeStream;
  readonly archive: Archive;
  readonly accountId: pulumi.Input<string>;
  readonly bufferSeconds: number;
  readonly logRetentionDays: number;
  /** Whether Firehose is protected from deletion, which would lose what it buffers and leave a gap. */
  readonly protect: boolean;
}

/** Firehose, which writes the stream's events to the archive. */
export class Delivery extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: DeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Delivery", name, {}, opts);
    const inside = { parent: this };
    const { stream, archive } = args;
    const logs = new aws.cloudwatch.LogGroup(name, { retentionInDays: args.logRetentionDays }, inside);
    const logStream = new aws.cloudwatch.LogStream(name, { logGroupName: logs.name }, inside);
    const role = new aws.iam.Role(
      name,
      // Firehose sends the account as the external ID, so no other account's stream can use this role.
      { assumeRolePolicy: trust("firehose.amazonaws.com", args.accountId) },
      inside,
    );
    // https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: allow(
          {
            actions: [
              "kinesis:DescribeStream",
              "kinesis:GetRecords",
              "kinesis:GetShardIterator",
              "kinesis:ListShards",
            ],
            resources: [stream.arn],
          },
          {
            actions: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources: [archive.arn],
          },
          {
            actions: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            resources: [pulumi.interpolate`${archive.arn}/*`],
          },
          {
            actions: ["logs:PutLogEvents"],
            resources: [pulumi.interpolate`${logs.arn}:log-stream:${logStream.name}`],
          },
        ),
      },
      inside,
    );
    const day = dayFolder("!{timestamp:yyyy-MM-dd}");
    const delivery = new aws.kinesis.FirehoseDeliveryStream(
      name,
      {
        destination: "extended_s3",
        kinesisSourceConfiguration: { kinesisStreamArn: stream.arn, roleArn: role.arn },
        extendedS3Configuration: {
          bucketArn: archive.arn,
          roleArn: role.arn,
          bufferingInterval: args.bufferSeconds,
          bufferingSize: 64,
          compressionFormat: "GZIP",
          // A newline after each record, so that a record that is not a like cannot corrupt the next line.
          // https://docs.aws.amazon.com/firehose/latest/APIReference/API_Processor.html
          processingConfiguration: { enabled: true, processors: [{ type: "AppendDelimiterToRecord" }] },
          prefix: `${LIKES}${day}`,
          errorOutputPrefix: `errors/!{firehose:error-output-type}/${day}`,
          cloudwatchLoggingOptions: {
            enabled: true,
            logGroupName: logs.name,
            logStreamName: logStream.name,
          },
        },
      },
      // Firehose checks on creation whether its role may read the stream.
      { ...inside, dependsOn: [policy], protect: args.protect },
    );
    this.name = delivery.name;
    this.registerOutputs({ name: this.name });
  }
}
