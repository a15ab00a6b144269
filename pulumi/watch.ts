/** What an alarm watches, and how long it must be wrong before the alarm rings. */
import type { Metric } from "./metrics";

/**
 * The data points that an alarm looks at, every minute: `datapointsToAlarm` of the last `evaluationPeriods`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export interface Window {
  /** In seconds. */
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
}

/** The alarms that notify for several others, since one fault rings many of them. */
export type Composite = "late" | "turned-away";

export interface Watch {
  readonly description: string;
  /** By the name that the expression has for them. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Only for several metrics. */
  readonly expression?: string;
  /** The alarm rings above it. */
  readonly threshold: number;
  readonly window: Window;
  /**
   * What missing data means: that nothing happened, or that nothing is known, so the alarm stays as it is.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data
   */
  readonly missing: "notBreaching" | "ignore";
  /** The alarm that notifies for this one; it notifies itself if absent, since it asks for something else to be done. */
  readonly partOf?: Composite;
  /** Whether it tells of events whose consequences stay, so that its return to OK says nothing. */
  readonly isEvent?: boolean;
}

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;

/** A fault, not a blip: a few bad seconds fall into two minutes at most, and Lambda's backoff skips some. */
export const FAULT: Window = { period: MINUTE, evaluationPeriods: 15, datapointsToAlarm: 3 };

/** What must not happen even once. */
export const ONCE: Window = { period: MINUTE, evaluationPeriods: 5, datapointsToAlarm: 1 };

/** An age that does not go down again by itself. */
export const LASTING: Window = { period: MINUTE, evaluationPeriods: 5, datapointsToAlarm: 3 };

/**
 * The same of Firehose, which sends metrics every five minutes, so that most periods of a minute have none:
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
 */
export const LASTING_OF_FIREHOSE: Window = { period: 5 * MINUTE, evaluationPeriods: 2, datapointsToAlarm: 2 };

/**
 * For comparisons of what came in with what was done. Likes that are accepted at the end of a period are counted in the
 * next one, and metrics arrive up to minutes late, so a period or two may look bad. Rings after 25 minutes; with fewer than
 * three likes an hour, never.
 */
export const HALF_AN_HOUR: Window = { period: 10 * MINUTE, evaluationPeriods: 6, datapointsToAlarm: 3 };

/** The same for stacks with few likes: three a day are enough. CloudWatch looks back no longer than a day. */
export const HOURS_OF_A_DAY: Window = { period: HOUR, evaluationPeriods: 24, datapointsToAlarm: 3 };

/** The same for Firehose, which may buffer for 15 minutes. It can still read everything: the stream keeps it for a day. */
export const HOURS: Window = { period: HOUR, evaluationPeriods: 6, datapointsToAlarm: 3 };

/**
 * How many percent of `total` are not among `parts`. CloudWatch drops a point that divides by zero, and `FILL` makes a part
 * without data 0: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function percentMissing(total: string, ...parts: string[]): string {
  return `100 * (${[total, ...parts.map((part) => `FILL(${part}, 0)`)].join(" - ")}) / ${total}`;
}

/** The sum of metrics that have data only if something is wrong. */
export function sum(...metrics: string[]): string {
  return metrics.map((metric) => `FILL(${metric}, 0)`).join(" + ");
}
