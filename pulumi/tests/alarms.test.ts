import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, mock, test } from "node:test";
import * as vm from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { alwaysPresent, emitters } from "./emitted";
import { type Program, type ProgramOptions, program } from "./program";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm";

interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, string>;
  readonly period?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs have every shape
type Inputs = any;

const email = "ann@likes.example";
const topic = "arn:aws:sns:eu-west-1:123456789012:pager";

let dev: Program;
before(async () => {
  dev = await program("dev", { alarmEmail: email, alarmTopicArn: topic });
});

/** The inputs of the alarms, by the alarms' names in the documentation. */
const alarms = (): [string, Inputs][] =>
  dev.all(ALARM).map(({ name, inputs }) => [name.replace("likes-dev-", ""), inputs]);
const alarm = (name: string): Inputs => dev.one(ALARM, `likes-dev-${name}`).inputs;

/** The metrics that an alarm watches. */
function metricsOf(inputs: Inputs): Metric[] {
  const queries: { metric?: Metric }[] = inputs.metricQueries ?? [{ metric: inputs }];
  return queries.flatMap(({ metric }) => metric ?? []);
}

function isEmitted({ namespace, metricName, dimensions }: Metric): boolean {
  return emitters(dev).some(
    (emitter) =>
      emitter.namespace === namespace &&
      emitter.metrics.includes(metricName) &&
      Object.keys(dimensions).sort().join() === Object.keys(emitter.dimensions).sort().join() &&
      Object.entries(dimensions).every(([name, value]) => emitter.dimensions[name]?.includes(value)),
  );
}

test("every metric of an alarm is one that a resource of the stack emits", () => {
  for (const [name, inputs] of alarms()) {
    const metrics = metricsOf(inputs);
    assert.ok(metrics.length > 0, name);
    for (const metric of metrics) {
      assert.ok(isEmitted(metric), `${name}: ${metric.metricName} ${JSON.stringify(metric.dimensions)}`);
    }
  }
});

test("every metric of the dashboard is one that a resource of the stack emits", () => {
  const { widgets } = JSON.parse(dev.one("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody);
  const graphs = widgets.filter(({ type }: { type: string }) => type === "metric");
  assert.equal(graphs.length, 16);
  for (const { properties } of graphs) {
    assert.equal(properties.region, "eu-west-1");
    for (const [namespace, metricName, ...rest] of properties.metrics) {
      const { stat, ...others } = rest.pop();
      assert.deepEqual([typeof stat, others], ["string", {}]);
      const pairs = rest.flatMap((item: string, at: number) => (at % 2 === 0 ? [[item, rest[at + 1]]] : []));
      const dimensions = Object.fromEntries(pairs);
      assert.ok(
        isEmitted({ namespace, metricName, dimensions }),
        `${metricName} ${JSON.stringify(dimensions)}`,
      );
    }
  }
});

test("the dashboard shows the state of every alarm", () => {
  const { widgets } = JSON.parse(dev.one("aws:cloudwatch/dashboard:Dashboard").inputs.dashboardBody);
  assert.deepEqual(
    [...widgets[0].properties.alarms].sort(),
    [
      ...dev.all(ALARM).map(({ name }) => `arn:${ALARM}:${name}`),
      ...dev.all(COMPOSITE).map(({ name }) => `arn:${COMPOSITE}:${name}`),
    ].sort(),
  );
});

test("CloudWatch can evaluate every alarm", () => {
  for (const [name, inputs] of alarms()) {
    const periods = new Set(
      inputs.metricQueries ? metricsOf(inputs).map(({ period }) => period) : [inputs.period],
    );
    assert.equal(periods.size, 1, name);
    const [period = 0] = periods;
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    assert.ok(period * inputs.evaluationPeriods <= 86_400, name);
    assert.ok(inputs.datapointsToAlarm <= inputs.evaluationPeriods, name);
    // https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
    const ofFirehose = metricsOf(inputs).some(({ namespace }) => namespace === "AWS/Firehose");
    assert.ok(!ofFirehose || period >= 300, `${name}: Firehose sends its metrics every five minutes`);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    const ofTables = metricsOf(inputs).some(({ namespace }) => namespace === "AWS/DynamoDB");
    assert.ok(!ofTables || inputs.metricQueries, `${name}: alarms ignore missing data of AWS/DynamoDB`);
  }
});

/** The value of an alarm's expression, for metrics by id; undefined if CloudWatch would have no data point. */
function value(name: string, metrics: Record<string, number>): number | undefined {
  const queries: { id: string; expression?: string }[] = alarm(name).metricQueries;
  const expression = queries.find((query) => query.expression)?.expression ?? "";
  const missing = Object.fromEntries(queries.map(({ id }) => [id, undefined]));
  const FILL = (value: number | undefined, other: number) => value ?? other;
  const result = vm.runInNewContext(expression, { ...missing, ...metrics, FILL });
  return Number.isFinite(result) ? result : undefined;
}

test("a mapping that stops rings an alarm, though it has no metrics any more, and duplicates do not", () => {
  for (const name of ["likes-uncounted", "likes-uncounted-for-hours"]) {
    const rings = (metrics: Record<string, number>) => (value(name, metrics) ?? 0) > alarm(name).threshold;
    assert.ok(rings({ accepted: 1 }));
    assert.ok(rings({ accepted: 1000, counted: 400 }));
    assert.ok(!rings({ accepted: 1000, counted: 900, duplicates: 50, quarantined: 50 }));
    assert.ok(!rings({ accepted: 100, duplicates: 100 }));
    assert.ok(!rings({ accepted: 100, counted: 800 }), "a backlog is being counted");
    assert.equal(value(name, { accepted: 0, counted: 5 }), undefined);
    assert.equal(alarm(name).treatMissingData, "notBreaching");
  }
  assert.ok(alwaysPresent("likes-ingest").includes("Accepted"));
  assert.ok(alwaysPresent("likes-update").includes("Counted"));
});

test("one bad period in a comparison rings nothing: likes are on their way at its end", () => {
  for (const name of ["likes-uncounted", "likes-uncounted-for-hours", "likes-unarchived"]) {
    assert.ok(alarm(name).datapointsToAlarm >= 3, name);
  }
});

test("Firehose that cannot read, or cannot write, rings an alarm, though it has no metrics then", () => {
  const rings = (metrics: Record<string, number>) =>
    (value("likes-unarchived", metrics) ?? 0) > alarm("likes-unarchived").threshold;
  assert.ok(rings({ incoming: 10 }));
  assert.ok(!rings({ incoming: 10, delivered: 9 }));
  assert.ok(!rings({ incoming: 10, delivered: 50 }));
});

test("tables ring an alarm if any of their metrics has data", () => {
  for (const name of ["tables-throttled", "tables-failing", "counts-unreadable"]) {
    const ids: string[] = alarm(name).metricQueries.flatMap(({ id, metric }: Inputs) => (metric ? [id] : []));
    assert.equal(value(name, {}), 0, name);
    for (const id of ids) {
      assert.equal(value(name, { [id]: 1 }), 1, `${name} ${id}`);
    }
  }
});

test("most duplicates ring an alarm, and none do not", () => {
  assert.equal(value("many-duplicates", { counted: 1, duplicates: 3 }), 75);
  assert.equal(value("many-duplicates", { counted: 1 }), 0);
  assert.equal(value("many-duplicates", { counted: 0 }), undefined);
});

test("an alarm stays as it is only where silence says nothing", () => {
  const ignoring = alarms().filter(([, { treatMissingData }]) => treatMissingData === "ignore");
  assert.deepEqual(ignoring.map(([name]) => name).sort(), ["archive-late", "quarantine"]);
});

test("one fault notifies once: each alarm either notifies, or is in one composite that does", () => {
  const rules: string[] = dev.all(COMPOSITE).map(({ inputs }) => inputs.alarmRule);
  for (const [name, { alarmActions, okActions }] of alarms()) {
    const composites = rules.filter((rule) => rule.split(" OR ").includes(`ALARM("likes-dev-${name}")`));
    assert.equal(composites.length + (alarmActions ? 1 : 0), 1, name);
    assert.ok(alarmActions || !okActions, name);
  }
  assert.deepEqual(
    alarms()
      .filter(([, { alarmActions, okActions }]) => alarmActions && !okActions)
      .map(([name]) => name)
      .sort(),
    ["records-discarded", "records-dropped"],
  );
});

test("alarms notify the address and the topic, or no one without them", async () => {
  const notified = [`arn:aws:sns/topic:Topic:likes-dev`, topic];
  assert.equal(dev.one("aws:sns/topicSubscription:TopicSubscription").inputs.endpoint, email);
  for (const { inputs, name } of dev.all(COMPOSITE)) {
    assert.deepEqual([inputs.alarmActions, inputs.okActions], [notified, notified], name);
  }
  const alone = alarms().filter(([, { alarmActions }]) => alarmActions);
  assert.ok(alone.length > 0);
  for (const [name, { alarmActions }] of alone) {
    assert.deepEqual(alarmActions, notified, name);
  }
  const onlyTopic = await program("dev", { alarmTopicArn: topic });
  assert.deepEqual(onlyTopic.all("aws:sns/topic:Topic"), []);
  assert.deepEqual(onlyTopic.one(ALARM, "likes-dev-quarantine").inputs.alarmActions, [topic]);
  const nobody = await program("dev");
  assert.deepEqual(nobody.all("aws:sns/topic:Topic"), []);
  assert.deepEqual(nobody.one(ALARM, "likes-dev-quarantine").inputs.alarmActions, []);
});

test("a protected stack whose alarms notify no one is warned of", async () => {
  const warn = mock.method(pulumi.log, "warn", async () => {});
  const warnings = async (stack: string, settings: Record<string, string>) => {
    warn.mock.resetCalls();
    await program(stack, settings);
    return warn.mock.calls.map((call) => call.arguments[0]);
  };
  assert.deepEqual(await warnings("prod", {}), [
    "No one is notified of this stack's alarms: set alarmEmail or alarmTopicArn",
  ]);
  assert.deepEqual(await warnings("prod", { alarmEmail: email }), []);
  assert.deepEqual(await warnings("prod", { alarmTopicArn: topic }), []);
  assert.deepEqual(await warnings("dev", {}), []);
  warn.mock.restore();
});

test("the dashboard's URL is in the console of the stack's partition and region", async () => {
  const url = async (where: ProgramOptions["where"]) =>
    (await program("dev", {}, { where })).outputs.dashboardUrl;
  assert.match(
    String(await url({ partition: "aws-cn", dnsSuffix: "amazonaws.com.cn" })),
    /^https:\/\/eu-west-1\.console\.amazonaws\.cn\/cloudwatch\/home\?region=eu-west-1#dashboards\/dashboard\/likes-dev-eu-west-1$/,
  );
  assert.match(
    String(await url({ partition: "aws-us-gov", dnsSuffix: "amazonaws.com" })),
    /^https:\/\/eu-west-1\.console\.amazonaws-us-gov\.com\//,
  );
  assert.equal(await url({ partition: "aws-iso", dnsSuffix: "c2s.ic.gov" }), undefined);
});

test("only throttled requests are counted from the access log, by API", () => {
  const filter = dev.one("aws:cloudwatch/logMetricFilter:LogMetricFilter").inputs;
  const format = JSON.parse(dev.one("aws:apigateway/stage:Stage").inputs.accessLogSettings.format);
  assert.equal(filter.logGroupName, "likes-access");
  assert.equal(filter.pattern, '{ $.responseType = "THROTTLED" }');
  assert.deepEqual(filter.metricTransformation.dimensions, { ApiId: "$.apiId" });
  assert.equal(format.responseType, "$context.error.responseType");
  assert.equal(format.apiId, "$context.apiId");
});

test("docs/operations.md has a section for each alarm, and no other", () => {
  const page = fs.readFileSync(path.join(__dirname, "..", "..", "docs", "operations.md"), "utf8");
  const sections = [...page.matchAll(/^### `([\w-]+)`$/gm)].map(([, name]) => name);
  const composites = dev.all(COMPOSITE).map(({ name }) => name.replace("likes-dev-", ""));
  assert.deepEqual(sections.sort(), [...alarms().map(([name]) => name), ...composites].sort());
});
