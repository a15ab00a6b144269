import assert from "node:assert/strict";
import { before, test } from "node:test";
import { readOpenApi } from "../openapi";
import { arn, POLICY, type Program, program } from "./program";

const MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping";

let dev: Program;
before(async () => {
  dev = await program();
});

test("the mapping retries for as long as it can report a record, and accepts partial batch failures", () => {
  assert.deepEqual(dev.one(MAPPING, "likes-update").inputs, {
    eventSourceArn: arn("aws:kinesis/stream:Stream", "likes"),
    functionName: arn("aws:lambda/function:Function", "likes-update"),
    startingPosition: "TRIM_HORIZON",
    batchSize: 1000,
    maximumBatchingWindowInSeconds: 1,
    functionResponseTypes: ["ReportBatchItemFailures"],
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: -1,
    maximumRecordAgeInSeconds: 167 * 60 * 60,
    destinationConfig: { onFailure: { destinationArn: arn("aws:sqs/queue:Queue", "likes-quarantine") } },
    metricsConfig: { metrics: ["EventCount"] },
  });
});

test("resources that need a policy, the account's role or the whole definition are created after it", () => {
  const first = (type: string) => dev.resources.findIndex((resource) => resource.type === type);
  const last = (type: string) => dev.resources.findLastIndex((resource) => resource.type === type);
  const place = (type: string, name: string) =>
    dev.resources.findIndex((resource) => resource.type === type && resource.name === name);
  const firehose = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream";
  const deployment = first("aws:apigateway/deployment:Deployment");
  for (const [earlier, later] of [
    ...dev.all(MAPPING).map(({ name }) => [place(POLICY, name), place(MAPPING, name)] as const),
    [place(POLICY, "likes-delivery"), first(firehose)],
    [first("aws:iam/rolePolicyAttachment:RolePolicyAttachment"), first("aws:apigateway/account:Account")],
    [first("aws:apigateway/account:Account"), first("aws:apigateway/stage:Stage")],
    [last("aws:apigateway/integrationResponse:IntegrationResponse"), deployment],
    [last("aws:apigateway/response:Response"), deployment],
    // Firehose would never archive a like that was accepted before.
    [first(firehose), first("aws:apigateway/stage:Stage")],
  ] as const) {
    assert.ok(earlier >= 0 && earlier < later, `${earlier} < ${later}`);
  }
});

test("the stream is on-demand with a retention of seven days unless configured otherwise", async () => {
  const { streamModeDetails, retentionPeriod, shardCount } = dev.one("aws:kinesis/stream:Stream").inputs;
  assert.deepEqual(
    [streamModeDetails, retentionPeriod, shardCount],
    [{ streamMode: "ON_DEMAND" }, 168, undefined],
  );
  const provisioned = await program("dev", { streamMode: "PROVISIONED", shards: "4", retentionHours: "24" });
  const stream = provisioned.one("aws:kinesis/stream:Stream").inputs;
  assert.deepEqual([stream.streamModeDetails, stream.shardCount], [{ streamMode: "PROVISIONED" }, 4]);
  assert.equal(stream.retentionPeriod, 24);
});

test("ledger entries expire by expiresAt", () => {
  const { ttl } = dev.one("aws:dynamodb/table:Table", "likes-ledger").inputs;
  assert.deepEqual(ttl, { attributeName: "expiresAt", enabled: true });
});

test("tables have the keys that the handlers use, and on-demand capacity", () => {
  const keys = dev.all("aws:dynamodb/table:Table").map(({ name, inputs }) => {
    assert.equal(inputs.billingMode, "PAY_PER_REQUEST");
    return [name, inputs.hashKey];
  });
  assert.deepEqual(Object.fromEntries(keys), { "likes-counts": "movieId", "likes-ledger": "likeKey" });
});

test("functions have the configured architecture and the variables that their handlers read", async () => {
  const x86 = await program("dev", { architecture: "x86_64" });
  for (const [stack, architecture] of [
    [dev, "arm64"],
    [x86, "x86_64"],
  ] as const) {
    for (const { inputs } of stack.all("aws:lambda/function:Function")) {
      assert.deepEqual(inputs.architectures, [architecture]);
      assert.equal(inputs.runtime, "provided.al2023");
    }
  }
  const variables = (name: string) =>
    dev.one("aws:lambda/function:Function", name).inputs.environment.variables;
  const http = {
    CORS_ORIGINS: "https://likes-website.cloudfront.net",
    AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH: "true",
  };
  assert.deepEqual(variables("likes-ingest"), { ...http, STREAM_NAME: "likes" });
  assert.deepEqual(variables("likes-get"), { ...http, COUNTS_TABLE: "likes-counts" });
  assert.deepEqual(variables("likes-update"), {
    COUNTS_TABLE: "likes-counts",
    LEDGER_TABLE: "likes-ledger",
    QUARANTINE_QUEUE_URL: "https://likes-quarantine",
  });
});

test("Firehose archives the stream compressed, by date, with a newline after each record", () => {
  const { destination, kinesisSourceConfiguration, extendedS3Configuration } = dev.one(
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
  ).inputs;
  const roleArn = arn("aws:iam/role:Role", "likes-delivery");
  assert.equal(destination, "extended_s3");
  assert.deepEqual(kinesisSourceConfiguration, {
    kinesisStreamArn: arn("aws:kinesis/stream:Stream", "likes"),
    roleArn,
  });
  assert.deepEqual(extendedS3Configuration, {
    bucketArn: arn("aws:s3/bucket:Bucket", "likes-archive"),
    roleArn,
    bufferingInterval: 60,
    bufferingSize: 64,
    compressionFormat: "GZIP",
    processingConfiguration: { enabled: true, processors: [{ type: "AppendDelimiterToRecord" }] },
    prefix: "likes/day=!{timestamp:yyyy-MM-dd}/",
    errorOutputPrefix: "errors/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/",
    cloudwatchLoggingOptions: {
      enabled: true,
      logGroupName: "likes-delivery",
      logStreamName: "likes-delivery",
    },
  });
});

test("the outputs have the names that clients expect", () => {
  const { alarmNames, ...outputs } = dev.outputs;
  const alarms = dev.all("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ name }) => name);
  assert.deepEqual((alarmNames as string[]).toSorted(), alarms.toSorted());
  assert.deepEqual(outputs, {
    invokeUrl: "https://api/v1",
    likesUrl: "https://api/v1/likes",
    websiteUrl: "https://likes-website.cloudfront.net",
    apiId: "likes-id",
    apiName: "likes",
    region: "eu-west-1",
    streamName: "likes",
    countsTable: "likes-counts",
    ledgerTable: "likes-ledger",
    archiveBucket: "likes-archive",
    archiveExpireAfterDays: 30,
    archiveBufferSeconds: 60,
    archiveDatabase: "likes_archive_dev",
    archiveWorkgroup: "likes-archive",
    quarantineQueueUrl: "https://likes-quarantine",
    deliveryStream: "likes-delivery",
    ingestFunction: "likes-ingest",
    updateFunction: "likes-update",
    getFunction: "likes-get",
    dashboardUrl:
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/likes-dev-eu-west-1",
  });
});

test("Athena finds the archive where Firehose writes it, by day", () => {
  const { databaseName, parameters, partitionKeys, storageDescriptor } = dev.one(
    "aws:glue/catalogTable:CatalogTable",
  ).inputs;
  assert.equal(databaseName, "likes_archive_dev");
  assert.deepEqual(partitionKeys, [{ name: "day", type: "string" }]);
  assert.deepEqual(parameters, {
    EXTERNAL: "TRUE",
    "projection.enabled": "true",
    "projection.day.type": "date",
    "projection.day.format": "yyyy-MM-dd",
    "projection.day.range": "2026-01-01,NOW",
    "storage.location.template": `s3://likes-archive/likes/day=\${day}/`,
  });
  assert.equal(storageDescriptor.location, "s3://likes-archive/likes/");
});

test("Athena's table has a row for every line, whatever the line holds", () => {
  const { columns, inputFormat, serDeInfo } = dev.one("aws:glue/catalogTable:CatalogTable").inputs
    .storageDescriptor;
  assert.deepEqual(columns, [{ name: "line", type: "string" }]);
  assert.equal(inputFormat, "org.apache.hadoop.mapred.TextInputFormat");
  assert.deepEqual(serDeInfo, {
    serializationLibrary: "org.apache.hadoop.hive.serde2.RegexSerDe",
    parameters: { "input.regex": "(?s)(.*)" },
  });
});

test("Athena has a query for the likes, which uses the API's patterns, and one that verifies them", () => {
  const queries = dev
    .all("aws:athena/namedQuery:NamedQuery")
    .map(({ inputs }) => [inputs.name, inputs.query]);
  const { likes, verify } = Object.fromEntries(queries);
  const { MovieId, UserId } = readOpenApi().components.schemas;
  for (const form of [MovieId, UserId]) {
    const inner = form?.pattern?.replace(/^\^|\$$/g, "");
    assert.ok(inner && likes.includes(`"${inner}"`), inner);
  }
  assert.ok(verify.startsWith(`WITH likes AS (\n${likes}\n)\n--`), verify);
});

test("query results are kept for a week, apart from the likes", () => {
  const { configuration } = dev.one("aws:athena/workgroup:Workgroup").inputs;
  assert.ok(configuration.enforceWorkgroupConfiguration);
  assert.deepEqual(configuration.resultConfiguration, {
    outputLocation: "s3://likes-archive/queries/",
    encryptionConfiguration: { encryptionOption: "SSE_S3" },
  });
  const rules: { id: string }[] = dev.one(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "likes-archive",
  ).inputs.rules;
  assert.deepEqual(
    rules.find(({ id }) => id === "queries"),
    { id: "queries", status: "Enabled", filter: { prefix: "queries/" }, expiration: { days: 7 } },
  );
});
