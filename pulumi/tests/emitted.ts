/** The metrics that the resources of a stack emit, as far as alarms and the dashboard use them. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Program } from "./program";

const PROJECT = path.join(__dirname, "..", "..");

interface Emitter {
  readonly namespace: string;
  /** The values that each dimension can have. */
  readonly dimensions: Record<string, readonly string[]>;
  readonly metrics: readonly string[];
}

/** All emitters of a stack. AWS's names are those of the page above each. */
export function emitters(stack: Program): Emitter[] {
  const names = (type: string, suffix = "") => stack.all(type).map(({ name }) => `${name}${suffix}`);
  const restApi = "aws:apigateway/restApi:RestApi";
  const TableName = names("aws:dynamodb/table:Table");
  const [filter] = stack.all("aws:cloudwatch/logMetricFilter:LogMetricFilter");
  return [
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
    {
      namespace: "AWS/ApiGateway",
      dimensions: { ApiName: names(restApi) },
      metrics: ["4XXError", "5XXError", "Count", "IntegrationLatency", "Latency"],
    },
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    {
      namespace: "AWS/Lambda",
      dimensions: { FunctionName: names("aws:lambda/function:Function") },
      metrics: ["Duration", "Errors", "Invocations", "IteratorAge", "Throttles"],
    },
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
    {
      namespace: "AWS/Lambda",
      dimensions: {
        EventSourceMappingUUID: names("aws:lambda/eventSourceMapping:EventSourceMapping", "-uuid"),
      },
      metrics: ["DroppedEventCount", "OnFailureDestinationDeliveredEventCount"],
    },
    // https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
    {
      namespace: "AWS/Kinesis",
      dimensions: { StreamName: names("aws:kinesis/stream:Stream") },
      metrics: [
        "GetRecords.Bytes",
        "IncomingBytes",
        "IncomingRecords",
        "ReadProvisionedThroughputExceeded",
        "WriteProvisionedThroughputExceeded",
      ],
    },
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    {
      namespace: "AWS/DynamoDB",
      dimensions: { TableName },
      metrics: [
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
      ],
    },
    {
      namespace: "AWS/DynamoDB",
      dimensions: { TableName, Operation: ["BatchGetItem", "TransactWriteItems"] },
      metrics: ["SystemErrors"],
    },
    // https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
    {
      namespace: "AWS/Firehose",
      dimensions: { DeliveryStreamName: names("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream") },
      metrics: [
        "DataReadFromKinesisStream.Records",
        "DeliveryToS3.DataFreshness",
        "DeliveryToS3.Records",
        "KinesisMillisBehindLatest",
      ],
    },
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    {
      namespace: "AWS/SQS",
      dimensions: { QueueName: names("aws:sqs/queue:Queue") },
      metrics: ["ApproximateNumberOfMessagesVisible"],
    },
    // The program's own, from the access log.
    {
      namespace: filter?.inputs.metricTransformation.namespace,
      dimensions: Object.fromEntries(
        Object.keys(filter?.inputs.metricTransformation.dimensions).map((name) => [
          name,
          names(restApi, "-id"),
        ]),
      ),
      metrics: [filter?.inputs.metricTransformation.name],
    },
    ...Object.entries(OWN).map(([name, sources]) => ({
      namespace: constant("NAMESPACE"),
      dimensions: { [constant("DIMENSION")]: [name] },
      metrics: sources.flatMap((source) => ownMetrics(source).map(({ metric }) => metric)),
    })),
  ];
}

/** Where the handlers declare their own metrics, by function. */
const OWN: Record<string, readonly string[]> = {
  "likes-ingest": ["handlers/ingest-like/src/lib.rs", "crates/api/src/metrics.rs"],
  "likes-get": ["handlers/get-likes/src/lib.rs", "crates/api/src/metrics.rs"],
  "likes-update": ["handlers/update-count/src/metrics.rs"],
};

const read = (source: string) => fs.readFileSync(path.join(PROJECT, source), "utf8");

/** A string constant of crates/startup/src/metrics.rs. */
function constant(name: string): string {
  const [, value] =
    new RegExp(`const ${name}: &str = "(\\w+)"`).exec(read("crates/startup/src/metrics.rs")) ?? [];
  if (value === undefined) {
    throw new Error(`crates/startup/src/metrics.rs has no ${name}`);
  }
  return value;
}

/** The fields with a unit, whose metrics are named in PascalCase. A `Count` of 0 and a `None` are absent. */
function ownMetrics(source: string): { metric: string; isAlwaysPresent: boolean }[] {
  const fields = read(source).matchAll(/#\[metrics\(unit = [\w:]+\)\]\s+(\w+): (\w+)/g);
  return [...fields].map(([, field = "", type]) => ({
    metric: field.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    isAlwaysPresent: type === "usize",
  }));
}

/** The own metrics that each invocation of a function has. */
export function alwaysPresent(name: string): string[] {
  const all = (OWN[name] ?? []).flatMap(ownMetrics);
  return all.filter(({ isAlwaysPresent }) => isAlwaysPresent).map(({ metric }) => metric);
}
