/** The dashboard: the pipeline from left to right, and from top to bottom what goes through, how late, what fails and what costs. */
import * as pulumi from "@pulumi/pulumi";
import * as m from "./metrics";

/** A dashboard's grid has 24 columns. */
const WIDTH = 24;
const HEIGHT = 6;

interface Graph {
  readonly title: string;
  readonly metrics: readonly m.Metric[];
}

/**
 * The JSON of the dashboard: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 *
 * @param alarms are the ARNs of the alarms whose states it shows.
 */
export function dashboardBody(
  watched: m.Watched,
  region: pulumi.Input<string>,
  alarms: pulumi.Input<string>[],
): pulumi.Output<string> {
  const states = {
    type: "alarm",
    x: 0,
    y: 0,
    width: WIDTH,
    height: HEIGHT,
    properties: { title: "Alarms: docs/operations.md has a section for each", alarms },
  };
  const graphs = rows(watched).flatMap((row, number) => {
    const width = WIDTH / row.length;
    return row.map(({ title, metrics }, column) => ({
      type: "metric",
      x: column * width,
      y: (number + 1) * HEIGHT,
      width,
      height: HEIGHT,
      properties: {
        title,
        region,
        period: 60,
        metrics: metrics.map(({ namespace, metricName, dimensions, stat }) => [
          namespace,
          metricName,
          ...Object.entries(dimensions).flat(),
          { stat },
        ]),
        yAxis: { left: { min: 0 } },
      },
    }));
  });
  return pulumi.jsonStringify({ widgets: [states, ...graphs] });
}

/** The console's domain: https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html */
const CONSOLES: Record<string, string> = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
};

/** Where the console shows the dashboard; undefined if the partition's console is not known. */
export function dashboardUrl(
  name: pulumi.Input<string>,
  partition: pulumi.Input<string>,
  region: pulumi.Input<string>,
): pulumi.Output<string | undefined> {
  return pulumi.all([name, partition, region]).apply(([name, partition, region]) => {
    const console = CONSOLES[partition];
    return (
      console && `https://${region}.${console}/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`
    );
  });
}

/** Of each row, the API, the stream, counting and the archive. */
function rows(watched: m.Watched): Graph[][] {
  const api = m.ofApi(watched.apiName);
  const { ingest, get, update } = watched.functionNames;
  const stream = m.ofStream(watched.streamName);
  const lambda = m.ofFunction(update);
  const own = m.ofHandler(update);
  const ledger = m.ofTable(watched.tableNames.ledger);
  const counts = m.ofTable(watched.tableNames.counts);
  const delivery = m.ofDelivery(watched.deliveryName);
  const mapping = m.ofMapping(watched.mappingUuid);
  return [
    [
      { title: "API: requests, likes accepted", metrics: [api("Count"), m.ofHandler(ingest)("Accepted")] },
      { title: "Stream: records in", metrics: [stream("IncomingRecords")] },
      { title: "Counting: likes", metrics: [own("Counted"), own("Duplicates"), own("Quarantined")] },
      {
        title: "Archive: records read, records delivered",
        metrics: [delivery("DataReadFromKinesisStream.Records"), delivery("DeliveryToS3.Records")],
      },
    ],
    [
      { title: "API: latency, ms", metrics: [api("Latency", "p50"), api("Latency", "p99")] },
      {
        title: "Stream: time to publish, ms",
        metrics: [m.ofHandler(ingest)("PublishTime", "p50"), m.ofHandler(ingest)("PublishTime", "p99")],
      },
      {
        title: "Counting: lag, and age of the last record read, ms",
        metrics: [own("CountingLag", "p50"), own("CountingLag", "p99"), lambda("IteratorAge", "Maximum")],
      },
      {
        title: "Archive: age of the oldest record, s; behind the stream, ms",
        metrics: [
          delivery("DeliveryToS3.DataFreshness", "Maximum"),
          delivery("KinesisMillisBehindLatest", "Maximum"),
        ],
      },
    ],
    [
      {
        title: "API: failures",
        metrics: [
          api("5XXError"),
          api("4XXError"),
          m.ofAccessLog(watched.apiId)("Throttled"),
          ...[ingest, get].flatMap((name) => [m.ofFunction(name)("Errors"), m.ofFunction(name)("Throttles")]),
        ],
      },
      {
        title: "Stream: throttled, and likes spilled",
        metrics: [
          stream("WriteProvisionedThroughputExceeded"),
          stream("ReadProvisionedThroughputExceeded"),
          m.ofHandler(ingest)("Spilled"),
        ],
      },
      {
        title: "Counting: failures",
        metrics: [
          lambda("Errors"),
          lambda("Throttles"),
          own("Unfinished"),
          own("CancelledByContention"),
          own("Unacknowledged"),
          own("Rejected"),
          ledger("WriteThrottleEvents"),
          counts("WriteThrottleEvents"),
        ],
      },
      {
        title: "Quarantine: messages; records that Lambda discarded",
        metrics: [
          m.ofQueue(watched.quarantineName)("ApproximateNumberOfMessagesVisible", "Maximum"),
          mapping("OnFailureDestinationDeliveredEventCount"),
          mapping("DroppedEventCount"),
        ],
      },
    ],
    [
      {
        title: "Cost: invocations",
        metrics: [ingest, get, update].map((name) => m.ofFunction(name)("Invocations")),
      },
      {
        title: "Cost: bytes in and out of the stream",
        metrics: [stream("IncomingBytes"), stream("GetRecords.Bytes")],
      },
      {
        title: "Cost: write units of ledger and counts, read units of the counts",
        metrics: [
          ledger("ConsumedWriteCapacityUnits"),
          counts("ConsumedWriteCapacityUnits"),
          counts("ConsumedReadCapacityUnits"),
        ],
      },
      {
        title: "Cost: transactions, and likes in each",
        metrics: [own("Transactions"), own("LikesPerTransaction", "Average")],
      },
    ],
  ];
}
