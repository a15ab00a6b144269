/** The metrics that alarms and the dashboard use, by what emits them. */
import type * as pulumi from "@pulumi/pulumi";

export type Statistic = "Average" | "Maximum" | "Sum" | "p50" | "p99";

/** A metric and its statistic. A metric has data only with all of its dimensions. */
export interface Metric {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
  readonly stat: Statistic;
}

/** The namespace of the functions' own metrics, `NAMESPACE` in crates/startup/src/metrics.rs. */
export const OWN_NAMESPACE = "Likestream";

/** Metrics of one resource: a function from their name and statistic. */
export type Emitter = (metricName: string, stat?: Statistic) => Metric;

const emitter =
  (namespace: string, dimensions: Metric["dimensions"]): Emitter =>
  (metricName, stat = "Sum") => ({ namespace, metricName, dimensions, stat });

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
export const ofApi = (ApiName: pulumi.Input<string>) => emitter("AWS/ApiGateway", { ApiName });

/** Of the API's access log: pulumi/accessLogs.ts. */
export const ofAccessLog = (ApiId: pulumi.Input<string>) => emitter(OWN_NAMESPACE, { ApiId });

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
export const ofFunction = (FunctionName: pulumi.Input<string>) => emitter("AWS/Lambda", { FunctionName });

/** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics */
export const ofMapping = (EventSourceMappingUUID: pulumi.Input<string>) =>
  emitter("AWS/Lambda", { EventSourceMappingUUID });

/** Of a function's own: crates/startup/src/metrics.rs. */
export const ofHandler = (FunctionName: pulumi.Input<string>) => emitter(OWN_NAMESPACE, { FunctionName });

/** https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html */
export const ofStream = (StreamName: pulumi.Input<string>) => emitter("AWS/Kinesis", { StreamName });

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
export const ofTable = (TableName: pulumi.Input<string>) => emitter("AWS/DynamoDB", { TableName });

/** `SystemErrors` are counted by operation: the same page. */
export const ofOperation = (TableName: pulumi.Input<string>, Operation: string) =>
  emitter("AWS/DynamoDB", { TableName, Operation });

/** https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html */
export const ofDelivery = (DeliveryStreamName: pulumi.Input<string>) =>
  emitter("AWS/Firehose", { DeliveryStreamName });

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html */
export const ofQueue = (QueueName: pulumi.Input<string>) => emitter("AWS/SQS", { QueueName });

/** The names of what alarms and the dashboard watch. */
export interface Watched {
  readonly apiName: pulumi.Input<string>;
  readonly apiId: pulumi.Input<string>;
  readonly functionNames: Record<"ingest" | "update" | "get", pulumi.Input<string>>;
  /** The UUID of UpdateCount's mapping. */
  readonly mappingUuid: pulumi.Input<string>;
  readonly streamName: pulumi.Input<string>;
  readonly tableNames: Record<"ledger" | "counts", pulumi.Input<string>>;
  readonly quarantineName: pulumi.Input<string>;
  readonly deliveryName: pulumi.Input<string>;
}
