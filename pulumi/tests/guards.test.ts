/** What limits, traces and watches the use of a stack, and is off until it is configured. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { arn, type Program, program, type Registered } from "./program";

const FUNCTION = "aws:lambda/function:Function";
const STAGE = "aws:apigateway/stage:Stage";

let dev: Program;
before(async () => {
  dev = await program();
});

test("tracing, metrics per method, managed keys, AWS WAF, the budget and the reservation are off by default", () => {
  for (const type of [
    "aws:budgets/budget:Budget",
    "aws:wafv2/webAcl:WebAcl",
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:xray/samplingRule:SamplingRule",
  ]) {
    assert.deepEqual(dev.all(type), [], type);
  }
  assert.equal(dev.one(STAGE).inputs.xrayTracingEnabled, false);
  assert.equal(dev.one("aws:apigateway/methodSettings:MethodSettings").inputs.settings.metricsEnabled, false);
  for (const { name, inputs } of dev.all(FUNCTION)) {
    assert.deepEqual(inputs.tracingConfig, { mode: "PassThrough" }, name);
    assert.equal(inputs.reservedConcurrentExecutions, undefined, name);
  }
  for (const { name, inputs } of dev.all("aws:dynamodb/table:Table")) {
    // A key that DynamoDB owns, not the AWS managed one.
    assert.deepEqual(inputs.serverSideEncryption, { enabled: false }, name);
  }
});

test("X-Ray traces the API's requests at the configured rate alone", async () => {
  const traced = await program("dev", { tracingPercent: "5" });
  assert.equal(traced.one(STAGE).inputs.xrayTracingEnabled, true);
  assert.deepEqual(traced.one("aws:xray/samplingRule:SamplingRule").inputs, {
    ruleName: "likes-likes-id",
    priority: 1000,
    reservoirSize: 0,
    fixedRate: 0.05,
    resourceArn: arn(STAGE, "likes"),
    serviceType: "AWS::ApiGateway::Stage",
    serviceName: "*",
    host: "*",
    httpMethod: "*",
    urlPath: "*",
    version: 1,
  });
});

test("functions behind a traced API are traced, and UpdateCount never is", async () => {
  const traced = await program("dev", { tracingPercent: "100" });
  const modes = traced.all(FUNCTION).map(({ name, inputs }) => [name, inputs.tracingConfig.mode]);
  assert.deepEqual(Object.fromEntries(modes), {
    "likes-get": "Active",
    "likes-ingest": "Active",
    "likes-update": "PassThrough",
  });
});

const TRACED = { tracingPercent: "5", otlpEndpoint: "http://localhost:4318" };
const LAYER = "arn:aws:lambda:eu-west-1:901920570463:layer:aws-otel-collector-arm64-ver-0-117-0:1";

/** What differs between functions that export spans and those that do not, by function. */
const exporting = ({ inputs }: Registered) => ({
  endpoint: inputs.environment.variables.OTEL_EXPORTER_OTLP_ENDPOINT,
  percent: inputs.environment.variables.TRACING_PERCENT,
  config: inputs.environment.variables.OPENTELEMETRY_COLLECTOR_CONFIG_URI,
  layers: inputs.layers,
  memory: inputs.memorySize,
});
const byName = <T>(functions: readonly Registered[], what: (resource: Registered) => T) =>
  Object.fromEntries(functions.map((resource) => [resource.name, what(resource)]));

test("no function exports spans unless there is a collector", async () => {
  const none = { endpoint: undefined, percent: undefined, config: undefined, layers: undefined, memory: 256 };
  for (const traced of [dev, await program("dev", { tracingPercent: "5" })]) {
    assert.deepEqual(byName(traced.all(FUNCTION), exporting), {
      "likes-get": none,
      "likes-ingest": none,
      "likes-update": none,
    });
  }
});

test("IngestLike and UpdateCount export spans to a collector, and the door knows how many are traced", async () => {
  const traced = await program("dev", TRACED);
  const {
    "likes-get": get,
    "likes-ingest": ingest,
    "likes-update": update,
  } = byName(traced.all(FUNCTION), exporting);
  const on = { endpoint: "http://localhost:4318", config: undefined, layers: undefined, memory: 256 };
  assert.equal(get?.endpoint, undefined);
  assert.deepEqual(ingest, { ...on, percent: "5" });
  assert.deepEqual(update, { ...on, percent: undefined });
});

test("a collector in a layer comes with memory and its configuration", async () => {
  const config = "https://likes.example/collector.yaml";
  const traced = await program("dev", { ...TRACED, collectorLayerArn: LAYER, collectorConfigUri: config });
  const {
    "likes-get": get,
    "likes-ingest": ingest,
    "likes-update": update,
  } = byName(traced.all(FUNCTION), ({ inputs }) => [
    inputs.layers,
    inputs.memorySize,
    inputs.environment.variables.OPENTELEMETRY_COLLECTOR_CONFIG_URI,
  ]);
  assert.deepEqual(get, [undefined, 256, undefined]);
  assert.deepEqual(ingest, [[LAYER], 512, config]);
  assert.deepEqual(update, [[LAYER], 512, config]);
});

test("AWS WAF limits the requests of an IP address to the API", async () => {
  const guarded = await program("dev", { wafRequestsPer5Minutes: "500" });
  const { scope, defaultAction, rules } = guarded.one("aws:wafv2/webAcl:WebAcl").inputs;
  assert.deepEqual([scope, defaultAction], ["REGIONAL", { allow: {} }]);
  const [rule, ...others] = rules;
  assert.deepEqual(others, []);
  assert.deepEqual(rule.action, { block: {} });
  assert.deepEqual(rule.statement, {
    rateBasedStatement: { aggregateKeyType: "IP", evaluationWindowSec: 300, limit: 500 },
  });
  assert.deepEqual(guarded.one("aws:wafv2/webAclAssociation:WebAclAssociation").inputs, {
    resourceArn: arn(STAGE, "likes"),
    webAclArn: arn("aws:wafv2/webAcl:WebAcl", "likes"),
  });
});

test("the budget notifies the alarms' address before and when the month's costs exceed it", async () => {
  const watched = await program("dev", { monthlyBudgetUsd: "80", alarmEmail: "ann@likes.example" });
  const { notifications, ...budget } = watched.one("aws:budgets/budget:Budget").inputs;
  assert.deepEqual(budget, {
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitAmount: "80",
    limitUnit: "USD",
  });
  const common = {
    comparisonOperator: "GREATER_THAN",
    thresholdType: "PERCENTAGE",
    subscriberEmailAddresses: ["ann@likes.example"],
  };
  assert.deepEqual(notifications, [
    { ...common, notificationType: "ACTUAL", threshold: 50 },
    { ...common, notificationType: "ACTUAL", threshold: 100 },
    { ...common, notificationType: "FORECASTED", threshold: 100 },
  ]);
});

test("concurrency is set aside for UpdateCount alone", async () => {
  const reserved = await program("dev", { updateReservedConcurrency: "8" });
  const reservations = reserved
    .all(FUNCTION)
    .map(({ name, inputs }) => [name, inputs.reservedConcurrentExecutions]);
  assert.deepEqual(Object.fromEntries(reservations), {
    "likes-get": undefined,
    "likes-ingest": undefined,
    "likes-update": 8,
  });
});
