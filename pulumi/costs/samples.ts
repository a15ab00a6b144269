/** Typical records and log lines, whose sizes are what is billed. */
import { Q } from "./quantities";

const ID = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f";
const TIME = "2026-11-23T05:00:00.123Z";
const TRACE = "1-6b0573a1-9b3c4ccdff0b0eee190e856e";

const bytes = (text: string) => Buffer.byteLength(text);

/** A like on the stream, of a user whose id is a UUID: `crates/like/src/event.rs`. */
const EVENT = { version: 1, likeId: ID, movieId: "tt0111161", userId: ID, likedAt: TIME };

/** The size of a like on the stream, with the newline after it. */
export const EVENT_BYTES = bytes(`${JSON.stringify(EVENT)}\n`);

/** A like in the ledger: `crates/tables/src/ledger_entry.rs`. */
const ENTRY = {
  likeKey: `tt0111161#user#${ID}`,
  movieId: "tt0111161",
  likeId: ID,
  userId: ID,
  likedAt: TIME,
};

/** The size of a ledger entry; names count as well as values, both as UTF-8. */
export const ENTRY_BYTES = Object.entries(ENTRY).reduce((sum, pair) => sum + bytes(pair.join("")), 0);

/** What API Gateway puts into an access log, by variable. */
const ACCESS: Record<string, string> = {
  "$context.apiId": "a1b2c3d4e5",
  "$context.requestId": ID,
  "$context.xrayTraceId": TRACE,
  "$context.requestTime": "23/Nov/2026:05:00:00 +0000",
  "$context.identity.sourceIp": "203.0.113.200",
  "$context.httpMethod": "POST",
  "$context.resourcePath": "/likes",
  "$context.status": "202",
  "$context.responseLatency": "25",
  "$context.integration.status": "200",
  "$context.integration.latency": "22",
  "$context.integration.error": "-",
  "$context.error.responseType": "-",
  "$context.error.message": "-",
};

/** The size of a line in the access log with this format. */
export function accessLogBytes(format: string): number {
  const line = format.replace(/\$context(\.\w+)+/g, (variable) => {
    const value = ACCESS[variable];
    if (value === undefined) {
      throw new Error(`the costs have no typical value of ${variable}: add it to pulumi/costs/samples.ts`);
    }
    return value;
  });
  return bytes(line) + Q.logEventBytes;
}

/**
 * What Lambda logs about an invocation:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
const PLATFORM = [
  { time: TIME, type: "platform.start", record: { requestId: ID, version: "$LATEST" } },
  {
    time: TIME,
    type: "platform.report",
    record: {
      requestId: ID,
      metrics: { durationMs: 18.456, billedDurationMs: 19, memorySizeMB: 256, maxMemoryUsedMB: 24 },
      status: "success",
    },
  },
];

/** A function's own line: its metrics, in CloudWatch's embedded metric format. */
function own(metrics: Record<string, [unit: string, value: unknown]>, properties: object) {
  const Metrics = Object.entries(metrics).map(([Name, [Unit]]) => ({ Name, Unit }));
  return {
    _aws: {
      CloudWatchMetrics: [{ Namespace: "Likestream", Dimensions: [["FunctionName"]], Metrics }],
      Timestamp: 1_795_412_345_678,
    },
    FunctionName: "likes-ingest-0123456",
    ...Object.fromEntries(Object.entries(metrics).map(([name, [, value]]) => [name, value])),
    ...properties,
  };
}

const REQUEST = own(
  { Accepted: ["Count", 1], PublishTime: ["Milliseconds", 8.123456] },
  { RequestId: ID, Status: 202 },
);
const SEQUENCE_NUMBER = "49590338271490256608559692540925702759324208523137515618";
const BATCH = own(
  {
    Counted: ["Count", 100],
    CountingLag: ["Milliseconds", { Values: [1023.5, 1151.5, 1279.5], Counts: [30, 40, 30] }],
    Transactions: ["Count", 80],
    LikesPerTransaction: ["Count", { Values: [1, 2], Counts: [60, 20] }],
  },
  {
    RequestId: ID,
    ShardId: "shardId-000000000000",
    FirstSequenceNumber: SEQUENCE_NUMBER,
    LastSequenceNumber: SEQUENCE_NUMBER,
    Records: 100,
  },
);

const logBytes = (events: object[]) =>
  events.reduce((sum, event) => sum + bytes(JSON.stringify(event)) + Q.logEventBytes, 0);

/** What IngestLike and GetLikes log about a request. */
export const REQUEST_LOG_BYTES = logBytes([...PLATFORM, REQUEST]);

/** What UpdateCount logs about a batch. */
export const BATCH_LOG_BYTES = logBytes([...PLATFORM, BATCH]);
