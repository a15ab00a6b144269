/** What a month costs, line by line. */
import { batches } from "./batches";
import { type Line, line } from "./line";
import type { RateName } from "./price";
import { Q } from "./quantities";
import { accessLogBytes, BATCH_LOG_BYTES, ENTRY_BYTES, EVENT_BYTES, REQUEST_LOG_BYTES } from "./samples";
import type { Setup } from "./setup";
import { storage } from "./storage";
import type { Traffic } from "./traffic";

export interface Bill {
  /** What depends on the traffic of the month. */
  readonly traffic: readonly Line[];
  /** What depends on all that is stored by then. */
  readonly storage: readonly Line[];
  /** What has to be paid without any traffic. */
  readonly fixed: readonly Line[];
}

const some = (lines: Line[]) => lines.filter(({ units }) => units > 0);

/** The bill of a month. */
export function bill(traffic: Traffic, setup: Setup): Bill {
  return {
    traffic: some([
      ...requests(traffic, setup),
      ...stream(traffic, setup),
      ...counting(traffic, setup),
      ...archiving(traffic, setup),
      ...observing(traffic, setup),
      ...serving(traffic),
    ]),
    storage: some(storage(traffic, setup, objects(traffic, setup), logBytes(traffic, setup))),
    fixed: some(fixed(setup)),
  };
}

/** A preflight is a request too, which API Gateway answers. */
const apiRequests = ({ likes, reads, preflights }: Traffic) => likes + reads + preflights;

function requests(traffic: Traffic, setup: Setup): Line[] {
  const { likes, reads } = traffic;
  const { memory, architecture } = setup;
  const { invocations, seconds } = batches(traffic, setup);
  const duration: RateName = architecture === "arm64" ? "lambdaArmSeconds" : "lambdaX86Seconds";
  return [
    line("API Gateway", "apiRequests", apiRequests(traffic)),
    line("AWS WAF", "wafRequests", setup.webAcls * apiRequests(traffic)),
    line("Lambda: IngestLike and GetLikes", "lambdaRequests", likes + reads),
    line("Lambda: UpdateCount", "lambdaRequests", invocations),
    line("Lambda: IngestLike", duration, (likes * Q.ingestMs * memory.ingest) / 1000),
    line("Lambda: GetLikes", duration, (reads * Q.getMs * memory.get) / 1000),
    line("Lambda: UpdateCount", duration, seconds * memory.update),
  ];
}

function stream(traffic: Traffic, setup: Setup): Line[] {
  const { likes, rate } = traffic;
  const written = likes * Math.ceil(EVENT_BYTES / Q.kinesisBytes) * Q.kinesisBytes;
  const hours = likes / rate / 3600;
  // IngestLike has credentials for each of its environments, and each reader has its own.
  const users = Math.ceil((rate * Q.ingestMs) / 1000) + setup.readers;
  const encryption = line("KMS: the stream", "kmsRequests", hours * users * Q.kmsRequestsPerHour);
  if (setup.streamMode === "PROVISIONED") {
    const units = likes * Math.ceil(EVENT_BYTES / Q.kinesisPutBytes);
    return [line("Kinesis: written", "kinesisPuts", units), encryption];
  }
  return [
    line("Kinesis: written", "kinesisIn", written),
    line(`Kinesis: read by ${setup.readers}`, "kinesisOut", written * setup.readers),
    encryption,
  ];
}

/** A transactional write costs two units per KB, an eventually consistent read half a unit per 4 KB. */
function counting(traffic: Traffic, setup: Setup): Line[] {
  const { transactions } = batches(traffic, setup);
  return [
    line("DynamoDB: ledger", "dynamodbWrites", 2 * traffic.likes * Math.ceil(ENTRY_BYTES / 1024)),
    line("DynamoDB: counts", "dynamodbWrites", 2 * transactions),
    line("DynamoDB: ledger, checked first", "dynamodbReads", traffic.likes / 2),
    line("DynamoDB: counts, by GetLikes", "dynamodbReads", (traffic.reads * traffic.moviesPerRead) / 2),
  ];
}

/** The number of objects: Firehose starts to buffer with the first like after an object, until its time or size is reached. */
function objects({ likes, rate }: Traffic, { bufferSeconds, bufferBytes }: Setup): number {
  const seconds = Math.min(Math.max(bufferSeconds, 1), bufferBytes / (rate * EVENT_BYTES));
  return likes / (1 + rate * seconds);
}

function archiving(traffic: Traffic, setup: Setup): Line[] {
  const rounded = Math.ceil(EVENT_BYTES / Q.firehoseBytes) * Q.firehoseBytes;
  return [
    line("Firehose", "firehose", traffic.likes * rounded),
    line("S3: objects written", "s3Puts", objects(traffic, setup)),
  ];
}

function logBytes(traffic: Traffic, setup: Setup): number {
  const access = apiRequests(traffic) * accessLogBytes(setup.accessLogFormat);
  const functions = (traffic.likes + traffic.reads) * REQUEST_LOG_BYTES;
  return access + functions + batches(traffic, setup).invocations * BATCH_LOG_BYTES;
}

function observing(traffic: Traffic, setup: Setup): Line[] {
  return [
    line("CloudWatch: logs", "logs", logBytes(traffic, setup)),
    line("X-Ray", "traces", setup.tracedShare * apiRequests(traffic)),
  ];
}

function serving({ likes, reads, moviesPerRead, visits, preflights }: Traffic): Line[] {
  const perRead = Q.responseBytes + moviesPerRead * Q.responseBytesPerMovie;
  return [
    line("Data transfer: responses", "dataOut", (likes + preflights) * Q.responseBytes + reads * perRead),
    line("CloudFront: requests", "cloudFrontRequests", visits * Q.visitRequests),
    line("CloudFront: data", "cloudFrontOut", visits * Q.visitBytes),
  ];
}

function fixed(setup: Setup): Line[] {
  const { shards } = setup;
  const onDemand = setup.streamMode === "ON_DEMAND";
  return [
    line("Kinesis: stream", "kinesisStreamHours", onDemand ? Q.monthHours : 0),
    line("Kinesis: shards", "kinesisShardHours", onDemand ? 0 : shards * Q.monthHours),
    line(
      "Kinesis: retention over a day",
      "kinesisShardRetention",
      onDemand || setup.retentionHours <= 24 ? 0 : shards * Q.monthHours,
    ),
    line("CloudWatch: alarms", "alarms", setup.alarmMetrics),
    line("CloudWatch: composite alarms", "compositeAlarms", setup.compositeAlarms),
    line("CloudWatch: the mapping's metrics", "metrics", setup.metrics),
    line("CloudWatch: the functions' metrics", "metrics", Q.ownMetrics),
    line("CloudWatch: dashboard", "dashboards", setup.dashboards),
    line("KMS: the alarms' topic", "kmsKeys", setup.kmsKeys),
    line("AWS WAF: web ACL", "wafAcls", setup.webAcls),
    line("AWS WAF: rules", "wafRules", setup.wafRules),
  ];
}
