import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Grant } from "./policy";

export interface LikeStreamArgs {
  readonly mode: "ON_DEMAND" | "PROVISIONED";
  /** Only for a `PROVISIONED` stream. */
  readonly shards: number;
  readonly retentionHours: number;
  /** Whether the stream is protected from deletion, which would lose the likes that are not counted yet. */
  readonly protect: boolean;
}

/** The stream of likes that everything behind the API reads from. */
export class LikeStream extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  /**
   * The permissions that a function's mapping needs to read the stream without enhanced fan-out:
   * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
   */
  readonly mappingReads: Grant;

  constructor(name: string, args: LikeStreamArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:LikeStream", name, {}, opts);
    const stream = new aws.kinesis.Stream(
      name,
      {
        streamModeDetails: { streamMode: args.mode },
        ...(args.mode === "PROVISIONED" && { shardCount: args.shards }),
        retentionPeriod: args.retentionHours,
        encryptionType: "KMS",
        kmsKeyId: "alias/aws/kinesis",
      },
      { parent: this, protect: args.protect },
    );
    this.name = stream.name;
    this.arn = stream.arn;
    this.mappingReads = {
      actions: [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
      ],
      resources: [stream.arn],
    };
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}
