/** Composes the pipeline; each component is in its own file. */
import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AccessLogs } from "./accessLogs";
import { Alarms } from "./alarms";
import { LikesApi } from "./api";
import { Archive } from "./archive";
import { Budget } from "./budget";
import { Catalog } from "./catalog";
import { readSettings } from "./config";
import { Counter } from "./counter";
import { Delivery } from "./delivery";
import { Firewall } from "./firewall";
import { readOpenApi } from "./openapi";
import { Quarantine } from "./quarantine";
import { RustFunction } from "./rustFunction";
import { LikeStream } from "./stream";
import { LikeTables } from "./tables";
import { Tracing } from "./tracing";
import { Website } from "./website";

const settings = readSettings();
const { architecture, collector, logRetentionDays, protect } = settings;
const traced = settings.tracingPercent > 0;
const accountId = aws.getCallerIdentityOutput().accountId;
const regionName = aws.getRegionOutput().region;
const { partition, dnsSuffix } = aws.getPartitionOutput();
const name = "likes";

const stream = new LikeStream(name, {
  mode: settings.streamMode,
  shards: settings.shards,
  retentionHours: settings.retentionHours,
  protect,
});
const tables = new LikeTables(name, { protect });
const quarantine = new Quarantine(`${name}-quarantine`, { protect });
const archive = new Archive(`${name}-archive`, {
  coldAfterDays: settings.archiveColdAfterDays,
  expireAfterDays: settings.archiveExpireAfterDays,
  protect,
});
const catalog = new Catalog(`${name}-archive`, { archive });
const delivery = new Delivery(`${name}-delivery`, {
  stream,
  archive,
  accountId,
  bufferSeconds: settings.archiveBufferSeconds,
  logRetentionDays,
  protect,
});

// The API needs the website's origin and the website needs the API's, so the API's are deferred.
const [apiUrl, setApiUrl] = pulumi.deferredOutput<string>();
const [apiOrigin, setApiOrigin] = pulumi.deferredOutput<string>();
const website = settings.website
  ? new Website(`${name}-website`, {
      folder: path.join(__dirname, "..", "ui", "dist"),
      apiUrl,
      apiOrigin,
      region: regionName,
      url: settings.websiteUrl,
      certificateArn: settings.websiteCertificateArn,
      protect,
    })
  : undefined;
const origins = [...(website ? [website.url] : []), ...settings.corsOrigins];
// If all origins are allowed, none is listed.
const corsOrigins = settings.corsOrigins.includes("*") || origins.length === 0 ? ["*"] : origins;

// Otherwise lambda_http treats the stage as part of the path.
const http = {
  CORS_ORIGINS: pulumi.all(corsOrigins).apply((origins) => origins.join(",")),
  AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH: "true",
};
const ingest = new RustFunction(`${name}-ingest`, {
  crate: "ingest-like",
  architecture,
  memoryMegabytes: 256,
  timeoutSeconds: 10,
  environment: {
    ...http,
    STREAM_NAME: stream.name,
    ...(collector && { TRACING_PERCENT: String(settings.tracingPercent) }),
  },
  traced,
  collector,
  grants: [{ actions: ["kinesis:PutRecord"], resources: [stream.arn] }],
  logRetentionDays,
});
const get = new RustFunction(`${name}-get`, {
  crate: "get-likes",
  architecture,
  memoryMegabytes: 256,
  timeoutSeconds: 10,
  environment: { ...http, COUNTS_TABLE: tables.counts.name },
  traced,
  grants: [{ actions: ["dynamodb:BatchGetItem"], resources: [tables.counts.arn] }],
  logRetentionDays,
});
const counter = new Counter(`${name}-update`, {
  stream,
  tables,
  quarantine,
  architecture,
  retentionHours: settings.retentionHours,
  batchSize: settings.batchSize,
  batchWindowSeconds: settings.batchWindowSeconds,
  reservedConcurrency: settings.updateReservedConcurrency || undefined,
  collector,
  logRetentionDays,
});
const api = new LikesApi(name, {
  document: readOpenApi(),
  ingest,
  get,
  corsOrigins,
  region: regionName,
  dnsSuffix,
  traced,
  throttleRate: settings.throttleRate,
  throttleBurst: settings.throttleBurst,
  protect,
  accessLogs: new AccessLogs(`${name}-access`, {
    retentionDays: logRetentionDays,
    setAccountRole: settings.apiGatewayLogsRole,
    partition,
  }),
  // Firehose starts with the records that come after its creation; UpdateCount starts with the oldest.
  // https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
  readers: [delivery],
});
setApiUrl(api.invokeUrl);
setApiOrigin(api.origin);
if (traced) {
  new Tracing(name, { restApiId: api.id, stageArn: api.stageArn, percent: settings.tracingPercent });
}
if (settings.wafRequestsPer5Minutes > 0) {
  new Firewall(name, { stageArn: api.stageArn, requestsPer5Minutes: settings.wafRequestsPer5Minutes });
}
if (settings.alarmEmail && settings.monthlyBudgetUsd > 0) {
  new Budget(`${name}-${pulumi.getStack()}`, {
    monthlyUsd: settings.monthlyBudgetUsd,
    email: settings.alarmEmail,
  });
}
if (settings.protect && !settings.alarmEmail && !settings.alarmTopicArn) {
  pulumi.log.warn("No one is notified of this stack's alarms: set alarmEmail or alarmTopicArn");
}
const alarms = new Alarms(`${name}-${pulumi.getStack()}`, {
  email: settings.alarmEmail,
  topicArn: settings.alarmTopicArn,
  accountId,
  partition,
  region: regionName,
  retentionHours: settings.retentionHours,
  watched: {
    apiName: api.name,
    apiId: api.id,
    functionNames: { ingest: ingest.name, update: counter.function.name, get: get.name },
    mappingUuid: counter.mappingUuid,
    streamName: stream.name,
    tableNames: { ledger: tables.ledger.name, counts: tables.counts.name },
    quarantineName: quarantine.name,
    deliveryName: delivery.name,
  },
});

export const invokeUrl = api.invokeUrl;
export const likesUrl = pulumi.interpolate`${api.invokeUrl}/likes`;
/** Undefined without a website. */
export const websiteUrl = website?.url;
export const apiId = api.id;
export const apiName = api.name;
export const region = regionName;
export const streamName = stream.name;
export const countsTable = tables.counts.name;
export const ledgerTable = tables.ledger.name;
export const archiveBucket = archive.bucket;
/** 0 for never. */
export const archiveExpireAfterDays = settings.archiveExpireAfterDays;
export const archiveBufferSeconds = settings.archiveBufferSeconds;
export const archiveDatabase = catalog.database;
export const archiveWorkgroup = catalog.workgroup;
export const quarantineQueueUrl = quarantine.url;
export const deliveryStream = delivery.name;
export const ingestFunction = ingest.name;
export const updateFunction = counter.function.name;
export const getFunction = get.name;
/** Undefined on the local stack, which has no console. */
export const dashboardUrl = alarms.dashboardUrl;
export const alarmNames = alarms.names;
