/** Bills that are worked out by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bill } from "./bill";
import type { Line } from "./line";
import { accessLogBytes, BATCH_LOG_BYTES, ENTRY_BYTES, EVENT_BYTES, REQUEST_LOG_BYTES } from "./samples";
import type { Setup } from "./setup";
import type { Traffic } from "./traffic";
import { worstDay } from "./worstDay";

const SETUP: Setup = {
  architecture: "arm64",
  memory: { ingest: 0.25, get: 0.25, update: 0.25 },
  streamMode: "ON_DEMAND",
  shards: 0,
  retentionHours: 168,
  readers: 2,
  batchSize: 1000,
  batchWindowSeconds: 1,
  bufferSeconds: 60,
  bufferBytes: 64 * 2 ** 20,
  coldAfterDays: 90,
  expireAfterDays: 0,
  logRetentionDays: 30,
  accessLogFormat: '{"status":"$context.status"}',
  throttleRate: 100,
  tracedShare: 0,
  alarmMetrics: 11,
  compositeAlarms: 2,
  metrics: 6,
  dashboards: 1,
  kmsKeys: 0,
  backups: true,
  webAcls: 0,
  wafRules: 0,
};

/** A million likes at 100 a second, for four movies. */
const TRAFFIC: Traffic = {
  likes: 1e6,
  rate: 100,
  movies: 4,
  userShare: 1,
  reads: 0,
  moviesPerRead: 24,
  visits: 0,
  preflights: 0,
  months: 12,
};

const GB = 2 ** 30;

function costs(traffic: Partial<Traffic> = {}, setup: Partial<Setup> = {}) {
  const of = (lines: readonly Line[]) =>
    Object.fromEntries(lines.map(({ what, rate, usd }) => [`${what}/${rate}`, Number(usd.toFixed(4))]));
  const { traffic: month, storage, fixed } = bill({ ...TRAFFIC, ...traffic }, { ...SETUP, ...setup });
  return { traffic: of(month), storage: of(storage), fixed: of(fixed) };
}

const usd = (value: number) => Number(value.toFixed(4));

test("a million likes cost what they cost by hand", () => {
  // 4 shards, with a movie on each: batches of 26, so 38,462 invocations of 50 ms and as many transactions.
  const batches = 1e6 / 26;
  const logs = 1e6 * (accessLogBytes(SETUP.accessLogFormat) + REQUEST_LOG_BYTES) + batches * BATCH_LOG_BYTES;
  // 10,000 s: 2 environments of IngestLike and 2 readers, each every five minutes.
  const keys = ((1e4 / 3600) * 12 * 4) / 1e4;
  assert.deepEqual(costs().traffic, {
    "API Gateway/apiRequests": 3.5,
    "Lambda: IngestLike and GetLikes/lambdaRequests": 0.2,
    "Lambda: UpdateCount/lambdaRequests": usd((batches / 1e6) * 0.2),
    "Lambda: IngestLike/lambdaArmSeconds": usd(1e6 * 0.02 * 0.25 * 0.0000133334),
    "Lambda: UpdateCount/lambdaArmSeconds": usd(batches * 0.05 * 0.25 * 0.0000133334),
    "Kinesis: written/kinesisIn": usd(((1e6 * 1024) / GB) * 0.08),
    "Kinesis: read by 2/kinesisOut": usd(((2e6 * 1024) / GB) * 0.04),
    "KMS: the stream/kmsRequests": usd(keys * 0.03),
    "DynamoDB: ledger/dynamodbWrites": 1.25,
    "DynamoDB: counts/dynamodbWrites": usd(((2 * batches) / 1e6) * 0.625),
    "DynamoDB: ledger, checked first/dynamodbReads": 0.0625,
    "Firehose/firehose": usd(((1e6 * 5120) / GB) * 0.029),
    // An object every 60.01 s.
    "S3: objects written/s3Puts": usd((1e4 / 60.01 / 1000) * 0.005),
    "CloudWatch: logs/logs": usd((logs / GB) * 0.5),
    "Data transfer: responses/dataOut": usd(((1e6 * 800) / GB) * 0.09),
  });
});

test("what is stored grows with the months", () => {
  const month = costs({ months: 1 }).storage;
  const size = (1e6 * (ENTRY_BYTES + 100)) / GB;
  assert.equal(month["DynamoDB: backups of the ledger/dynamodbBackups"], usd(size * 0.2));
  // Six days of a month's records are older than a day.
  assert.equal(
    month["Kinesis: older than a day/kinesisRetention"],
    usd((((1e6 * 1024) / GB) * 0.1 * 144) / 730),
  );
  const year = costs().storage;
  assert.equal(year["DynamoDB: backups of the ledger/dynamodbBackups"], usd(12 * size * 0.2));
  const anonymous = costs({ userShare: 0 }).storage;
  assert.equal(anonymous["DynamoDB: backups of the ledger/dynamodbBackups"], usd(size * 0.2));
  // The logs are kept for a month, whatever the months.
  assert.equal(year["CloudWatch: logs/logStorage"], month["CloudWatch: logs/logStorage"]);
});

test("objects of less than 128 KB never move to Glacier", () => {
  // 6,001 likes of 47 bytes an object: 275 KB. A year has 9 cold months.
  const large = costs().storage;
  assert.equal(large["S3: archive in Glacier/s3Glacier"], usd(((9 * 1e6 * 47) / GB) * 0.004));
  assert.equal(large["S3: archive/s3Standard"], usd(((3 * 1e6 * 47) / GB) * 0.023));
  // 601 likes an object: 28 KB.
  const small = costs({ rate: 10 }).storage;
  assert.equal(small["S3: archive in Glacier/s3Glacier"], undefined);
  assert.equal(small["S3: archive/s3Standard"], usd(((12 * 1e6 * 47) / GB) * 0.023));
});

test("a stack without traffic costs its stream, its alarms and its dashboard", () => {
  assert.deepEqual(costs().fixed, {
    "Kinesis: stream/kinesisStreamHours": 29.2,
    "CloudWatch: alarms/alarms": 1.1,
    "CloudWatch: composite alarms/compositeAlarms": 1,
    "CloudWatch: the mapping's metrics/metrics": 1.8,
    "CloudWatch: the functions' metrics/metrics": 2.4,
    "CloudWatch: dashboard/dashboards": 3,
  });
});

test("a provisioned stream pays by the shard, and for a longer retention too", () => {
  const setup = { streamMode: "PROVISIONED", shards: 2 } as const;
  const provisioned = costs({}, setup);
  assert.equal(provisioned.fixed["Kinesis: shards/kinesisShardHours"], 21.9);
  assert.equal(provisioned.fixed["Kinesis: retention over a day/kinesisShardRetention"], 29.2);
  assert.equal(provisioned.traffic["Kinesis: written/kinesisPuts"], 0.014);
  const day = costs({}, { ...setup, retentionHours: 24 }).fixed;
  assert.equal(day["Kinesis: retention over a day/kinesisShardRetention"], undefined);
});

test("what is off by default is on the bill when it is on", () => {
  const on = costs({}, { tracedShare: 0.05, webAcls: 1, wafRules: 1, kmsKeys: 1 });
  assert.equal(on.traffic["X-Ray/traces"], 0.25);
  assert.equal(on.traffic["AWS WAF/wafRequests"], 0.6);
  assert.equal(on.fixed["AWS WAF: web ACL/wafAcls"], 5);
  assert.equal(on.fixed["AWS WAF: rules/wafRules"], 1);
  assert.equal(on.fixed["KMS: the alarms' topic/kmsKeys"], 1);
});

test("reads cost half a read unit per movie, and visits a preflight and CloudFront", () => {
  const read = costs({ reads: 1e6 }).traffic;
  assert.equal(read["API Gateway/apiRequests"], 7);
  assert.equal(read["DynamoDB: counts, by GetLikes/dynamodbReads"], 1.5);
  const visited = costs({ visits: 1e6, preflights: 1e6 }).traffic;
  assert.equal(visited["API Gateway/apiRequests"], 7);
  assert.equal(visited["CloudFront: requests/cloudFrontRequests"], 5);
});

test("records and entries fit into one unit", () => {
  assert.ok(EVENT_BYTES < 1024);
  assert.ok(ENTRY_BYTES < 1024);
});

test("the worst day has every method at its limit, and all of it traced if anything is", () => {
  const setup = { ...SETUP, throttleRate: 1 };
  const untraced = worstDay(setup);
  // Three methods, a ledger entry and a count per like, and 50 read units per read.
  const least = (86_400 / 1e6) * (3 * 3.5 + 4 * 0.625 + 50 * 0.125);
  assert.ok(untraced > least && untraced < 1.5 * least, `${untraced} ${least}`);
  assert.equal(usd(worstDay({ ...setup, tracedShare: 0.01 }) - untraced), usd((3 * 86_400 * 5) / 1e6));
});
