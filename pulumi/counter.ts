import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Collector } from "./collector";
import type { Quarantine } from "./quarantine";
import { RustFunction } from "./rustFunction";
import type { LikeStream } from "./stream";
import type { LikeTables } from "./tables";

export interface CounterArgs {
  readonly stream: LikeStream;
  readonly tables: LikeTables;
  readonly quarantine: Quarantine;
  readonly architecture: "arm64" | "x86_64";
  readonly retentionHours: number;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  /** The concurrency set aside for UpdateCount; none if undefined. */
  readonly reservedConcurrency: number | undefined;
  /** The collector of the spans of likes that are traced; none if undefined. */
  readonly collector: Collector | undefined;
  readonly logRetentionDays: number;
}

/** The highest age limit of a mapping: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html */
const LONGEST_RECORD_AGE_HOURS = 7 * 24;

/**
 * After how many seconds Lambda discards a record and sends a message about it; -1 for never.
 *
 * A record that leaves the stream is in no metric and in no message, so Lambda discards it an hour before that. Its limit
 * is lower than a long retention: there, retrying until the record leaves the stream is worth more than a message.
 */
function maximumRecordAge(retentionHours: number): number {
  const hours = retentionHours - 1;
  return hours <= LONGEST_RECORD_AGE_HOURS ? hours * 60 * 60 : -1;
}

/** UpdateCount and the event source mapping that feeds it the stream's records. */
export class Counter extends pulumi.ComponentResource {
  readonly function: RustFunction;
  /** The mapping's UUID, which its metrics have as their dimension. */
  readonly mappingUuid: pulumi.Output<string>;

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
        // Of X-Ray's own tracing: nothing upstream decides what is traced, and Lambda's own rate cannot be set: a request a second and 5 %.
        // https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
        traced: false,
        collector: args.collector,
        reservedConcurrency: args.reservedConcurrency,
        grants: [
          stream.mappingReads,
          // A transaction needs the permissions of its writes.
          { actions: ["dynamodb:BatchGetItem", "dynamodb:PutItem"], resources: [tables.ledger.arn] },
          {
            actions: ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem"],
            resources: [tables.counts.arn],
          },
          { actions: ["sqs:SendMessage"], resources: [quarantine.arn] },
        ],
        logRetentionDays: args.logRetentionDays,
      },
      { parent: this },
    );
    const mapping = new aws.lambda.EventSourceMapping(
      name,
      {
        eventSourceArn: stream.arn,
        functionName: this.function.arn,
        startingPosition: "TRIM_HORIZON",
        batchSize: args.batchSize,
        maximumBatchingWindowInSeconds: args.batchWindowSeconds,
        functionResponseTypes: ["ReportBatchItemFailures"],
        bisectBatchOnFunctionError: true,
        // Retry for as long as possible: a failing table must never lose a like.
        maximumRetryAttempts: -1,
        maximumRecordAgeInSeconds: maximumRecordAge(args.retentionHours),
        destinationConfig: { onFailure: { destinationArn: quarantine.arn } },
        // Off by default; the alarms on discarded records need them.
        metricsConfig: { metrics: ["EventCount"] },
      },
      { parent: this },
    );
    this.mappingUuid = mapping.uuid;
    this.registerOutputs({ function: this.function.name });
  }
}
