/** What the costs depend on in a stack: taken from the program itself, run with mocks. */
import type * as pulumi from "@pulumi/pulumi";
import { readConfig, runProgram } from "../local/program";
import { Q } from "./quantities";

/** A stack as far as it costs something. */
export interface Setup {
  readonly architecture: string;
  /** The functions' memory, in GB. */
  readonly memory: Record<"ingest" | "get" | "update", number>;
  readonly streamMode: "ON_DEMAND" | "PROVISIONED";
  /** Only for a `PROVISIONED` stream. */
  readonly shards: number;
  readonly retentionHours: number;
  /** How many read the stream. */
  readonly readers: number;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly bufferSeconds: number;
  /** The bytes after which Firehose writes an object. */
  readonly bufferBytes: number;
  /** 0 for never. */
  readonly coldAfterDays: number;
  /** 0 for never. */
  readonly expireAfterDays: number;
  readonly logRetentionDays: number;
  readonly accessLogFormat: string;
  readonly throttleRate: number;
  /** The share of requests that X-Ray traces. */
  readonly tracedShare: number;
  /** The metrics of all alarms: an alarm on an expression is billed for each of its metrics. */
  readonly alarmMetrics: number;
  readonly compositeAlarms: number;
  /** Metrics of the mapping, which are billed as custom ones. */
  readonly metrics: number;
  readonly dashboards: number;
  readonly kmsKeys: number;
  readonly backups: boolean;
  readonly webAcls: number;
  readonly wafRules: number;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs have every shape
type Inputs = any;

/**
 * Reads a stack's setup.
 *
 * @param overrides are settings that replace those of the stack, by name.
 * @throws if the settings are invalid.
 */
export async function readSetup(stack: string, overrides: Record<string, string> = {}): Promise<Setup> {
  const named = Object.entries(overrides).map(([key, value]) => [`likestream:${key}`, value]);
  // The website has no fixed cost, and would have to be built first.
  const website = { "likestream:website": "false" };
  const config = { ...readConfig(stack), ...Object.fromEntries(named), ...website };
  const resources: { type: string; name: string; inputs: Inputs }[] = [];
  const mocks: pulumi.runtime.Mocks = {
    call: () => ({
      accountId: "123456789012",
      region: "us-east-1",
      partition: "aws",
      dnsSuffix: "amazonaws.com",
    }),
    newResource: async ({ type, name, inputs }) => {
      resources.push({ type, name, inputs });
      return { id: name, state: { name, arn: name, ...inputs } };
    },
  };
  await runProgram(mocks, stack || "costs", config);
  const all = (type: string): Inputs[] =>
    resources.filter((resource) => resource.type === type).map(({ inputs }) => inputs);
  const memory = (suffix: string): number => {
    const named = (name: string) => name.endsWith(`-${suffix}`);
    const [found] = resources.filter(
      ({ type, name }) => type === "aws:lambda/function:Function" && named(name),
    );
    return found?.inputs.memorySize / 1024;
  };
  const [lambda] = all("aws:lambda/function:Function");
  const [stream] = all("aws:kinesis/stream:Stream");
  const [mapping] = all("aws:lambda/eventSourceMapping:EventSourceMapping");
  const [firehose] = all("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream");
  const [stage] = all("aws:apigateway/stage:Stage");
  const [methods] = all("aws:apigateway/methodSettings:MethodSettings");
  const [logs] = all("aws:cloudwatch/logGroup:LogGroup");
  const [sampling] = all("aws:xray/samplingRule:SamplingRule");
  const [archive] = all("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration");
  const likes = archive.rules.find(({ id }: { id: string }) => id === "likes");
  const acls = all("aws:wafv2/webAcl:WebAcl");
  return {
    architecture: lambda.architectures[0],
    memory: { ingest: memory("ingest"), get: memory("get"), update: memory("update") },
    streamMode: stream.streamModeDetails.streamMode,
    shards: stream.shardCount ?? 0,
    retentionHours: stream.retentionPeriod,
    readers: all("aws:lambda/eventSourceMapping:EventSourceMapping").length + (firehose ? 1 : 0),
    batchSize: mapping.batchSize,
    batchWindowSeconds: mapping.maximumBatchingWindowInSeconds,
    bufferSeconds: firehose.extendedS3Configuration.bufferingInterval,
    bufferBytes: firehose.extendedS3Configuration.bufferingSize * 1024 * 1024,
    coldAfterDays: likes?.transitions?.[0].days ?? 0,
    expireAfterDays: likes?.expiration?.days ?? 0,
    logRetentionDays: logs.retentionInDays,
    accessLogFormat: stage.accessLogSettings.format,
    throttleRate: methods.settings.throttlingRateLimit,
    tracedShare: sampling?.fixedRate ?? 0,
    alarmMetrics: all("aws:cloudwatch/metricAlarm:MetricAlarm")
      .map(({ metricQueries }) => metricQueries?.filter(({ metric }: Inputs) => metric).length ?? 1)
      .reduce((sum, metrics) => sum + metrics, 0),
    compositeAlarms: all("aws:cloudwatch/compositeAlarm:CompositeAlarm").length,
    metrics: mapping.metricsConfig?.metrics.includes("EventCount") ? Q.mappingMetrics : 0,
    dashboards: all("aws:cloudwatch/dashboard:Dashboard").length,
    kmsKeys: all("aws:kms/key:Key").length,
    backups: all("aws:dynamodb/table:Table").every(({ pointInTimeRecovery }) => pointInTimeRecovery.enabled),
    webAcls: acls.length,
    wafRules: acls.reduce((sum, { rules }) => sum + rules.length, 0),
  };
}
