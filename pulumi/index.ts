/** The whole pipeline, composed; each part stands in a file of its own. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { AccessLogs } from "./accessLogs";
import { Alarms } from "./alarms";
import { LikesApi } from "./api";
import { Archive } from "./archive";
import { Catalog } from "./catalog";
import { readSettings } from "./config";
import { Counter } from "./counter";
import { Delivery } from "./delivery";
import { readOpenApi } from "./openapi";
import { Quarantine } from "./quarantine";
import { RustFunction } from "./rustFunction";
import { LikeStream } from "./stream";
import { LikeTables } from "./tables";

const settings = readSettings();
const { architecture, logRetentionDays } = settings;
const accountId = aws.getCallerIdentityOutput().accountId;
const name = "likes";

const stream = new LikeStream(name, {
  mode: settings.streamMode,
  shards: settings.shards,
  retentionHours: settings.retentionHours,
});
const tables = new LikeTables(name, { protect: settings.protect });
const quarantine = new Quarantine(`${name}-quarantine`);
const archive = new Archive(`${name}-archive`, {
  coldAfterDays: settings.archiveColdAfterDays,
  expireAfterDays: settings.archiveExpireAfterDays,
  protect: settings.protect,
});
const catalog = new Catalog(`${name}-archive`, { archive });
const delivery = new Delivery(`${name}-delivery`, {
  stream,
  archive,
  accountId,
  bufferSeconds: settings.archiveBufferSeconds,
  logRetentionDays,
});

// lambda_http would take the stage for a part of the path.
const http = {
  CORS_ORIGINS: settings.corsOrigins.join(","),
  AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH: "true",
};
const ingest = new RustFunction(`${name}-ingest`, {
  crate: "ingest-like",
  architecture,
  memoryMegabytes: 256,
  timeoutSeconds: 10,
  environment: { ...http, STREAM_NAME: stream.name },
  grants: [{ actions: ["kinesis:PutRecord"], resources: [stream.arn] }],
  logRetentionDays,
});
const get = new RustFunction(`${name}-get`, {
  crate: "get-likes",
  architecture,
  memoryMegabytes: 256,
  timeoutSeconds: 10,
  environment: { ...http, COUNTS_TABLE: tables.counts.name },
  grants: [{ actions: ["dynamodb:BatchGetItem"], resources: [tables.counts.arn] }],
  logRetentionDays,
});
const counter = new Counter(`${name}-update`, {
  stream,
  tables,
  quarantine,
  architecture,
  batchSize: settings.batchSize,
  batchWindowSeconds: settings.batchWindowSeconds,
  logRetentionDays,
});
const api = new LikesApi(name, {
  document: readOpenApi(),
  ingest,
  get,
  corsOrigins: settings.corsOrigins,
  throttleRate: settings.throttleRate,
  throttleBurst: settings.throttleBurst,
  accessLogs: new AccessLogs(`${name}-access`, {
    retentionDays: logRetentionDays,
    setAccountRole: settings.apiGatewayLogsRole,
  }),
});
new Alarms(`${name}-${pulumi.getStack()}`, {
  email: settings.alarmEmail,
  accountId,
  region: aws.getRegionOutput().region,
  apiName: api.name,
  functions: { ingest, update: counter.function, get },
  streamName: stream.name,
  retentionHours: settings.retentionHours,
  quarantineName: quarantine.name,
  deliveryName: delivery.name,
});

export const invokeUrl = api.invokeUrl;
export const likesUrl = pulumi.interpolate`${api.invokeUrl}/likes`;
export const region = aws.getRegionOutput().region;
export const streamName = stream.name;
export const countsTable = tables.counts.name;
export const ledgerTable = tables.ledger.name;
export const archiveBucket = archive.bucket;
export const archiveDatabase = catalog.database;
export const archiveWorkgroup = catalog.workgroup;
export const quarantineQueueUrl = quarantine.url;
export const deliveryStream = delivery.name;
export const ingestFunction = ingest.name;
export const updateFunction = counter.function.name;
export const getFunction = get.name;
