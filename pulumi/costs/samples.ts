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
  "$context.requestId": ID,
  "$context.xrayTraceId": TRACE,
  "$context.requestTime": "23/Nov/2026:05:00:00 +0000",
  "$context.identity.sourceIp": "203.0.113.200",
  "$context.identity.userAgent":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "$context.httpMethod": "POST",
  "$context.path": "/v1/likes",
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

/** A function's own line, as `tracing-subscriber` writes it: the invocation's span is in it twice. */
function own(fields: object, span: object) {
  return { level: "INFO", fields, span, spans: [span] };
}

const name = "Lambda runtime invoke";
const xrayTraceId = `Root=${TRACE};Parent=a6cc641f7fc365a4;Sampled=0;Lineage=1:a87bd80c:0`;
const RESPONDED = own({ message: "responded", status: 202 }, { requestId: ID, xrayTraceId, name });
const COUNTS = { records: 100, counted: 100, duplicates: 0, quarantined: 0, unfinished: 0 };
const BATCH = own({ message: "batch", ...COUNTS }, { requestId: ID, name });

const logBytes = (events: object[]) =>
  events.reduce((sum, event) => sum + bytes(JSON.stringify(event)) + Q.logEventBytes, 0);

/** What IngestLike and GetLikes log about a request. */
export const REQUEST_LOG_BYTES = logBytes([...PLATFORM, RESPONDED]);

/** What UpdateCount logs about a batch. */
export const BATCH_LOG_BYTES = logBytes([...PLATFORM, BATCH]);
