/** Everything that has an alarm, by the alarm's name; docs/operations.md has a section for each. */
import * as m from "./metrics";
import {
  type Composite,
  FAULT,
  HALF_AN_HOUR,
  HOUR,
  HOURS,
  HOURS_OF_A_DAY,
  LASTING,
  LASTING_OF_FIREHOSE,
  MINUTE,
  ONCE,
  percentMissing,
  sum,
  type Watch,
} from "./watch";

/** Above it, most of what came in was not done. Only a stop reaches it: the ends of a period do not. */
const MOST_PERCENT = 50;

/** A hundredth of the requests. */
const FAILURES = 0.01;

/**
 * Kinesis throttles a few records in a hundred while the likes of a popular movie, or of a shard with many movies, spill over
 * to other shards: IngestLike tries a full shard once a minute for each movie and environment. If a fifth of all attempts
 * is throttled, the whole stream is full: three attempts in a row then fail for about one like in a hundred.
 */
const THROTTLED_PERCENT = 20;

/** With all of their retries, calls of AWS take IngestLike 6 s, and tens of milliseconds without any. */
const SLOW_MS = 3000;

/** UpdateCount stops counting 7 s before its timeout of 60 s, or up to 2 s earlier if it would have to wait until then. */
const OUT_OF_TIME_MS = 50_000;

/** A count that is older than that is noticed. */
const LATE_MS = 5 * MINUTE * 1000;

/** Firehose buffers for 15 minutes at most. */
const ARCHIVE_LATE_SECONDS = 30 * MINUTE;

type Watches = Record<string, Watch>;

const single = (metric: m.Metric) => ({ metrics: { metric }, missing: "notBreaching" }) as const;
const fault = (partOf: Composite, description: string, metric: m.Metric): Watch => ({
  ...single(metric),
  description,
  threshold: 0,
  window: FAULT,
  partOf,
});

export function watches(watched: m.Watched, retentionHours: number): Watches {
  return {
    ...requests(watched),
    ...counting(watched, retentionHours),
    ...discarded(watched),
    ...archive(watched),
  };
}

/** The API: from the request to the stream, and from the counts to the response. */
function requests({ apiName, apiId, functionNames, streamName, tableNames }: m.Watched): Watches {
  const api = m.ofApi(apiName);
  const ingest = m.ofFunction(functionNames.ingest);
  const get = m.ofFunction(functionNames.get);
  const turnedAway = (description: string, metric: m.Metric) => fault("turned-away", description, metric);
  return {
    "ingest-errors": turnedAway("IngestLike crashes or times out; likes are rejected", ingest("Errors")),
    "ingest-throttles": turnedAway(
      "Lambda is throttling IngestLike; likes are rejected",
      ingest("Throttles"),
    ),
    "get-errors": turnedAway("GetLikes crashes or times out; pages show no counts", get("Errors")),
    "get-throttles": turnedAway("Lambda is throttling GetLikes; pages show no counts", get("Throttles")),
    "api-failures": {
      ...turnedAway(
        "The API answers more than one in a hundred requests with 5xx",
        api("5XXError", "Average"),
      ),
      threshold: FAILURES,
    },
    "api-throttles": turnedAway(
      "The API answers 429: more requests arrive than throttleRate and throttleBurst allow",
      m.ofAccessLog(apiId)("Throttled"),
    ),
    "stream-full": {
      description:
        "The stream is at its write limit and throttles a fifth of the records; likes are rejected",
      metrics: {
        throttled: m.ofStream(streamName)("WriteProvisionedThroughputExceeded"),
        incoming: m.ofStream(streamName)("IncomingRecords"),
      },
      expression: "100 * throttled / (throttled + FILL(incoming, 0))",
      threshold: THROTTLED_PERCENT,
      window: FAULT,
      missing: "notBreaching",
      partOf: "turned-away",
    },
    "counts-unreadable": {
      description: "DynamoDB throttles or fails GetLikes' reads of the counts; pages show no counts",
      metrics: {
        throttles: m.ofTable(tableNames.counts)("ReadThrottleEvents"),
        errors: m.ofOperation(tableNames.counts, "BatchGetItem")("SystemErrors"),
      },
      expression: sum("throttles", "errors"),
      threshold: 0,
      window: FAULT,
      missing: "notBreaching",
      partOf: "turned-away",
    },
    "api-slow": {
      ...single(api("Latency", "p99")),
      description: "One in a hundred requests takes more than three seconds",
      threshold: SLOW_MS,
      window: FAULT,
    },
  };
}

/** UpdateCount: from the stream to the counts. */
function counting({ functionNames, tableNames }: m.Watched, retentionHours: number): Watches {
  const lambda = m.ofFunction(functionNames.update);
  const own = m.ofHandler(functionNames.update);
  const { ledger, counts } = tableNames;
  const late = (description: string, metric: m.Metric) => fault("late", description, metric);
  const tables = { threshold: 0, window: FAULT, missing: "notBreaching", partOf: "late" } as const;
  const uncounted = {
    metrics: {
      accepted: m.ofHandler(functionNames.ingest)("Accepted"),
      counted: own("Counted"),
      // Redelivered likes are in it too, so this finds a stop and not each like: `likesctl verify` does that.
      duplicates: own("Duplicates"),
      quarantined: own("Quarantined"),
    },
    expression: percentMissing("accepted", "counted", "duplicates", "quarantined"),
    threshold: MOST_PERCENT,
    missing: "notBreaching",
  } as const;
  return {
    "update-errors": late("UpdateCount fails, or counts nothing of a batch; likes wait", lambda("Errors")),
    "update-throttles": late("Lambda is throttling UpdateCount; likes wait", lambda("Throttles")),
    "update-slow": {
      ...late(
        "UpdateCount runs out of time before a batch is counted; likes wait",
        lambda("Duration", "Maximum"),
      ),
      threshold: OUT_OF_TIME_MS,
    },
    unfinished: late("UpdateCount could not count some records, which are redelivered", own("Unfinished")),
    "counting-late": {
      ...late("Likes are being counted more than five minutes late", lambda("IteratorAge", "Maximum")),
      threshold: LATE_MS,
      window: LASTING,
    },
    // A mapping that is disabled, or that cannot read the stream, has no metrics: neither an age nor an error.
    "likes-uncounted": {
      ...uncounted,
      description: "Most of the likes that were accepted in half an hour were not counted",
      window: HALF_AN_HOUR,
      partOf: "late",
    },
    "likes-uncounted-for-hours": {
      ...uncounted,
      description: "Most of the likes that were accepted in three hours of a day were not counted",
      window: HOURS_OF_A_DAY,
    },
    // Alarms on AWS/DynamoDB ignore missing data, whatever they are told, and would never be OK again without FILL.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    "tables-throttled": {
      ...tables,
      description: "DynamoDB is throttling UpdateCount's reads or writes; likes wait",
      metrics: {
        ledger: m.ofTable(ledger)("WriteThrottleEvents"),
        counts: m.ofTable(counts)("WriteThrottleEvents"),
        lookups: m.ofTable(ledger)("ReadThrottleEvents"),
      },
      expression: sum("ledger", "counts", "lookups"),
    },
    "tables-failing": {
      ...tables,
      description: "DynamoDB answers UpdateCount with errors of its own; likes wait",
      metrics: {
        ledger: m.ofOperation(ledger, "TransactWriteItems")("SystemErrors"),
        counts: m.ofOperation(counts, "TransactWriteItems")("SystemErrors"),
        lookups: m.ofOperation(ledger, "BatchGetItem")("SystemErrors"),
      },
      expression: sum("ledger", "counts", "lookups"),
    },
    "counting-stalled": {
      ...single(lambda("IteratorAge", "Maximum")),
      description:
        "Likes have waited for half of the stream's retention period; before it ends, Lambda discards them uncounted",
      threshold: (retentionHours / 2) * HOUR * 1000,
      window: ONCE,
    },
    "many-duplicates": {
      description:
        "For three hours, most likes were duplicates: they cost as much as others and count nothing",
      metrics: { duplicates: own("Duplicates"), counted: own("Counted") },
      expression: "100 * FILL(duplicates, 0) / (FILL(duplicates, 0) + counted)",
      threshold: MOST_PERCENT,
      window: { period: HOUR, evaluationPeriods: 3, datapointsToAlarm: 3 },
      missing: "notBreaching",
    },
  };
}

/** Records that leave the stream uncounted, and the quarantine. */
function discarded({ mappingUuid, quarantineName }: m.Watched): Watches {
  const mapping = m.ofMapping(mappingUuid);
  const event = { threshold: 0, window: ONCE, isEvent: true } as const;
  return {
    "records-discarded": {
      ...single(mapping("OnFailureDestinationDeliveredEventCount")),
      ...event,
      description:
        "Lambda has discarded records uncounted and sent messages about them to the quarantine queue; redrive them",
    },
    "records-dropped": {
      ...single(mapping("DroppedEventCount")),
      ...event,
      description:
        "Lambda has discarded records uncounted and could not send messages about them; rebuild the counts",
    },
    quarantine: {
      metrics: { metric: m.ofQueue(quarantineName)("ApproximateNumberOfMessagesVisible", "Maximum") },
      description: "Messages are waiting in the quarantine queue",
      threshold: 0,
      window: ONCE,
      // SQS stops sending metrics when nobody has used the queue for six hours, whatever is in it.
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-monitoring-using-cloudwatch.html
      missing: "ignore",
    },
  };
}

/** Firehose: from the stream to the archive. */
function archive({ deliveryName, streamName }: m.Watched): Watches {
  const delivery = m.ofDelivery(deliveryName);
  return {
    "archive-late": {
      metrics: { metric: delivery("DeliveryToS3.DataFreshness", "Maximum") },
      description: "Likes that Firehose has read have been waiting for half an hour to be archived",
      threshold: ARCHIVE_LATE_SECONDS,
      window: LASTING_OF_FIREHOSE,
      // Firehose sends it only while it delivers.
      // https://docs.aws.amazon.com/firehose/latest/dev/data-freshness-metric-not-emitted.html
      missing: "ignore",
    },
    "archive-behind": {
      ...single(delivery("KinesisMillisBehindLatest", "Maximum")),
      description: "Firehose reads the stream half an hour late",
      threshold: ARCHIVE_LATE_SECONDS * 1000,
      window: LASTING_OF_FIREHOSE,
    },
    // Firehose that cannot read the stream, or cannot write to S3 at all, has neither an age nor an error.
    "likes-unarchived": {
      description: "Most of the likes that reached the stream in three of six hours were not archived",
      metrics: {
        incoming: m.ofStream(streamName)("IncomingRecords"),
        delivered: delivery("DeliveryToS3.Records"),
      },
      expression: percentMissing("incoming", "delivered"),
      threshold: MOST_PERCENT,
      window: HOURS,
      missing: "notBreaching",
    },
  };
}
