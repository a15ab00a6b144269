import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Quarantine } from "./quarantine";
import { RustFunction } from "./rustFunction";
import type { LikeStream } from "./stream";
import type { LikeTables } from "./tables";

export interface CounterArgs {
  readonly stream: LikeStream;
  readonly tables: LikeTables;
  readonly quarantine: Quarantine;
  readonly architecture: "arm64" | "x86_64";
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly logRetentionDays: number;
}

/** UpdateCount and the event source mapping that feeds it the stream's records. */
export class Counter extends pulumi.ComponentResource {
  readonly function: RustFunction;

  constructor(name: string, args: CounterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Counter", name, {}, opts);
    const { stream, tables, quarantine } = args;
    this.function = new RustFunction(
      name,
      {
        crate: "update-count",
        architecture: args.architecture,
        memoryMegabytes: 256,
        timeoutSeconds: 60,
        environment: {
          LEDGER_TABLE: tables.ledger.name,
          COUNTS_TABLE: tables.counts.name,
          QUARANTINE_QUEUE_URL: quarantine.url,
        },
        grants: [
          stream.mappingReads,
          // A transaction needs the permissions of its writes.
          { actions: ["dynamodb:BatchGetItem", "dynamodb:PutItem"], resources: [tables.ledger.arn] },
          { actions: ["dynamodb:UpdateItem"], resources: [tables.counts.arn] },
          { actions: ["sqs:SendMessage"], resources: [quarantine.arn] },
        ],
        logRetentionDays: args.logRetentionDays,
      },
      { parent: this },
    );
    new aws.lambda.EventSourceMapping(
      name,
      {
        eventSourceArn: stream.arn,
        functionName: this.function.arn,
        startingPosition: "TRIM_HORIZON",
        batchSize: args.batchSize,
        maximumBatchingWindowInSeconds: args.batchWindowSeconds,
        functionResponseTypes: ["ReportBatchItemFailures"],
        bisectBatchOnFunctionError: true,
        // Retry until the record leaves the stream: a failing table must never lose a like.
        maximumRetryAttempts: -1,
        maximumRecordAgeInSeconds: -1,
        destinationConfig: { onFailure: { destinationArn: quarantine.arn } },
      },
      { parent: this },
    );
    this.registerOutputs({ function: this.function.name });
  }
}
