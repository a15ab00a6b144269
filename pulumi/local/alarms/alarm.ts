/** When an alarm rings, by CloudWatch's rules. */
import type { PutMetricAlarmInput } from "@aws-sdk/client-cloudwatch";
import { type Point, pointOf } from "./expression";

/** An alarm's settings, as far as they decide. `DescribeAlarms` has them, too. */
export type Settings = Pick<
  PutMetricAlarmInput,
  | "ComparisonOperator"
  | "DatapointsToAlarm"
  | "Dimensions"
  | "EvaluationPeriods"
  | "ExtendedStatistic"
  | "MetricName"
  | "Metrics"
  | "Namespace"
  | "Period"
  | "Statistic"
  | "Threshold"
  | "TreatMissingData"
>;

export type State = "ALARM" | "OK";

/** A metric that an alarm watches. */
export interface Watched {
  readonly id: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: NonNullable<Settings["Dimensions"]>;
  readonly Stat: string;
}

/** The metrics of an alarm; that of an alarm without metric math has the id `metric`. */
export function metricsOf(alarm: Settings): Watched[] {
  const { Namespace = "", MetricName = "", Dimensions = [], Statistic, ExtendedStatistic } = alarm;
  if (MetricName) {
    const Stat = ExtendedStatistic ?? Statistic ?? "";
    return [{ id: "metric", Namespace, MetricName, Dimensions, Stat }];
  }
  return (alarm.Metrics ?? []).flatMap(({ Id: id = "", MetricStat }) => {
    const { Namespace = "", MetricName = "", Dimensions = [] } = MetricStat?.Metric ?? {};
    return MetricStat ? [{ id, Namespace, MetricName, Dimensions, Stat: MetricStat.Stat ?? "" }] : [];
  });
}

/** What an alarm compares with its threshold in a period, from the statistics of its metrics by id. */
export function comparedPoint(alarm: Settings, statistics: Readonly<Record<string, Point>>): Point {
  const expression = alarm.Metrics?.find(({ ReturnData }) => ReturnData)?.Expression;
  const points = Object.fromEntries(metricsOf(alarm).map(({ id }) => [id, statistics[id]]));
  return pointOf(expression ?? "metric", points);
}

/**
 * CloudWatch fetches more data points than it evaluates, so that a few missing ones do not matter. It does not say how many
 * more; its examples have two for three.
 */
export const EXTRA_PERIODS = 2;

/**
 * An alarm's state after a period.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @param points are what is compared, of this period and those before, oldest first.
 * @param former is the state before.
 */
export function stateAfter(alarm: Settings, points: readonly Point[], former: State): State {
  const { EvaluationPeriods = 1, DatapointsToAlarm = EvaluationPeriods, TreatMissingData } = alarm;
  if (alarm.ComparisonOperator !== "GreaterThanThreshold") {
    throw new Error(`comparisons of this kind are not supported: ${alarm.ComparisonOperator}`);
  }
  const range = points.slice(-(EvaluationPeriods + EXTRA_PERIODS));
  const real = range.filter((point) => point !== undefined).slice(-EvaluationPeriods);
  const breaching = real.filter((point) => point > (alarm.Threshold ?? 0)).length;
  if (breaching >= DatapointsToAlarm) {
    return "ALARM";
  }
  switch (TreatMissingData) {
    case "notBreaching":
      return "OK";
    case "ignore":
      // A good data point is enough to be OK again, and nothing to ring needs more bad ones.
      return breaching < real.length ? "OK" : former;
    default:
      throw new Error(`missing data cannot be treated as ${TreatMissingData}`);
  }
}
