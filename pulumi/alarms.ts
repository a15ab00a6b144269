import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RustFunction } from "./rustFunction";

export interface AlarmsArgs {
  /** Where to send notifications; nowhere if undefined. */
  readonly email: string | undefined;
  readonly accountId: pulumi.Input<string>;
  readonly partition: pulumi.Input<string>;
  readonly region: pulumi.Input<string>;
  readonly apiName: pulumi.Input<string>;
  readonly functions: Record<"ingest" | "update" | "get", RustFunction>;
  /** The UUID of UpdateCount's mapping. */
  readonly mappingUuid: pulumi.Input<string>;
  readonly streamName: pulumi.Input<string>;
  readonly retentionHours: number;
  readonly quarantineName: pulumi.Input<string>;
  readonly deliveryName: pulumi.Input<string>;
}

/** A metric and the threshold above which someone should look into it. */
interface Watch {
  readonly description: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, pulumi.Input<string>>;
  readonly statistic: "Maximum" | "Sum";
  readonly threshold: number;
  /** How many of five consecutive minutes must be above the threshold; 1 by default. */
  readonly minutes?: number;
}

/** Alarms on everything that would delay, hide or reject a like, and a dashboard of the same metrics. */
export class Alarms extends pulumi.ComponentResource {
  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Alarms", name, {}, opts);
    const actions = args.email ? [this.topic(name, args.email, args)] : [];
    const watches = watched(args);
    for (const [suffix, { minutes = 1, ...watch }] of Object.entries(watches)) {
      const { description, ...metric } = watch;
      new aws.cloudwatch.MetricAlarm(
        `${name}-${suffix}`,
        {
          ...metric,
          alarmDescription: description,
          period: 60,
          evaluationPeriods: 5,
          datapointsToAlarm: minutes,
          comparisonOperator: "GreaterThanThreshold",
          // Most of these metrics have no data while there is no traffic.
          treatMissingData: "notBreaching",
          alarmActions: actions,
          okActions: actions,
        },
        { parent: this },
      );
    }
    new aws.cloudwatch.Dashboard(
      name,
      {
        dashboardName: pulumi.interpolate`${name}-${args.region}`,
        dashboardBody: pulumi.jsonStringify({ widgets: widgets(Object.values(watches), args.region) }),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** A topic that notifies `email`, encrypted with a key that CloudWatch may use. */
  private topic(name: string, email: string, { accountId, partition }: AlarmsArgs): pulumi.Output<string> {
    const inside = { parent: this };
    // CloudWatch cannot publish to a topic that is encrypted with an AWS managed key:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    const key = new aws.kms.Key(
      name,
      {
        description: "Encrypts the alarm topic",
        enableKeyRotation: true,
        deletionWindowInDays: 7,
        policy: pulumi.jsonStringify({
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { AWS: pulumi.interpolate`arn:${partition}:iam::${accountId}:root` },
              Action: "kms:*",
              Resource: "*",
            },
            {
              Effect: "Allow",
              Principal: { Service: "cloudwatch.amazonaws.com" },
              Action: ["kms:Decrypt", "kms:GenerateDataKey"],
              Resource: "*",
              Condition: { StringEquals: { "aws:SourceAccount": accountId } },
            },
          ],
        }),
      },
      inside,
    );
    const topic = new aws.sns.Topic(name, { kmsMasterKeyId: key.arn }, inside);
    new aws.sns.TopicSubscription(name, { topic: topic.arn, protocol: "email", endpoint: email }, inside);
    return topic.arn;
  }
}

function watched(args: AlarmsArgs): Record<string, Watch> {
  const { ingest, update, get } = args.functions;
  const lambda = (handler: RustFunction, metricName: string, description: string): Watch => ({
    description,
    namespace: "AWS/Lambda",
    metricName,
    dimensions: { FunctionName: handler.name },
    statistic: "Sum",
    threshold: 0,
  });
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
  const mapping = (metricName: string, description: string): Watch => ({
    description,
    namespace: "AWS/Lambda",
    metricName,
    dimensions: { EventSourceMappingUUID: args.mappingUuid },
    statistic: "Sum",
    threshold: 0,
  });
  const iteratorAge = {
    namespace: "AWS/Lambda",
    metricName: "IteratorAge",
    dimensions: { FunctionName: update.name },
    statistic: "Maximum",
  } as const;
  return {
    "ingest-errors": lambda(ingest, "Errors", "IngestLike is failing; likes are rejected"),
    "update-errors": lambda(update, "Errors", "UpdateCount is failing; likes wait on the stream"),
    "get-errors": lambda(get, "Errors", "GetLikes is failing; pages show no counts"),
    "ingest-throttles": lambda(ingest, "Throttles", "Lambda is throttling IngestLike; likes are rejected"),
    "update-throttles": lambda(
      update,
      "Throttles",
      "Lambda is throttling UpdateCount; likes wait on the stream",
    ),
    "api-failures": {
      description: "The API is answering 5xx; likes are rejected",
      namespace: "AWS/ApiGateway",
      metricName: "5XXError",
      dimensions: { ApiName: args.apiName },
      statistic: "Sum",
      threshold: 0,
    },
    "stream-full": {
      description: "The stream is at its write limit; likes are rejected",
      namespace: "AWS/Kinesis",
      metricName: "WriteProvisionedThroughputExceeded",
      dimensions: { StreamName: args.streamName },
      statistic: "Sum",
      threshold: 0,
      minutes: 3,
    },
    "counting-late": {
      ...iteratorAge,
      description: "Likes are being counted more than five minutes late",
      threshold: 5 * 60 * 1000,
      minutes: 3,
    },
    "counting-stalled": {
      ...iteratorAge,
      description:
        "Likes have waited for half of the stream's retention period; before it ends, Lambda discards them uncounted",
      threshold: (args.retentionHours / 2) * 60 * 60 * 1000,
    },
    "records-discarded": mapping(
      "OnFailureDestinationDeliveredEventCount",
      "Lambda has discarded records uncounted and sent messages about them to the quarantine queue; redrive them",
    ),
    "records-dropped": mapping(
      "DroppedEventCount",
      "Lambda has discarded records uncounted and could not send messages about them; rebuild the counts",
    ),
    quarantine: {
      description: "Messages are waiting in the quarantine queue",
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: args.quarantineName },
      statistic: "Maximum",
      threshold: 0,
    },
    "archive-late": {
      description: "Likes have been waiting for half an hour to be archived by Firehose",
      namespace: "AWS/Firehose",
      metricName: "DeliveryToS3.DataFreshness",
      dimensions: { DeliveryStreamName: args.deliveryName },
      statistic: "Maximum",
      threshold: 30 * 60,
      minutes: 3,
    },
  };
}

/** A graph for each watched metric, three per row. */
function widgets(watches: Watch[], region: pulumi.Input<string>): object[] {
  return watches.map(({ description, namespace, metricName, dimensions, statistic, threshold }, index) => ({
    type: "metric",
    x: (index % 3) * 8,
    y: Math.floor(index / 3) * 6,
    width: 8,
    height: 6,
    properties: {
      title: description,
      region,
      period: 60,
      stat: statistic,
      metrics: [[namespace, metricName, ...Object.entries(dimensions).flat()]],
      annotations: { horizontal: [{ label: "alarm above", value: threshold }] },
      yAxis: { left: { min: 0 } },
    },
  }));
}
