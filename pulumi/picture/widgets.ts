/** The widgets of a dashboard, with the data that CloudWatch has for them. */
import type { CloudWatch, StateValue } from "@aws-sdk/client-cloudwatch";

/** Where a widget is, in the dashboard's grid of 24 columns. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Series {
  readonly label: string;
  readonly stat: string;
  /** Times in milliseconds and values, oldest first. */
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface Graph extends Place {
  readonly title: string;
  readonly series: readonly Series[];
}

export interface Alarms extends Place {
  readonly title: string;
  readonly alarms: readonly { readonly name: string; readonly state: StateValue }[];
}

/** The time that a picture shows. */
export interface Range {
  /** In milliseconds. */
  readonly from: number;
  readonly to: number;
  /** In seconds. */
  readonly period: number;
}

export type Metric = readonly [...names: string[], options: { readonly stat: string }];

interface Widget extends Place {
  readonly type: string;
  readonly properties: {
    readonly title: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly Metric[];
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export async function readDashboard(cloudWatch: CloudWatch, DashboardName: string, range: Range) {
  const { DashboardBody = "{}" } = await cloudWatch.getDashboard({ DashboardName });
  const { widgets }: { widgets: readonly Widget[] } = JSON.parse(DashboardBody);
  const alarms: Alarms[] = [];
  const graphs: Graph[] = [];
  for (const { x, y, width, height, properties } of widgets) {
    const widget = { x, y, width, height, title: properties.title };
    if (properties.alarms) {
      alarms.push({ ...widget, alarms: await readStates(cloudWatch, properties.alarms) });
    } else {
      graphs.push({ ...widget, series: await readSeries(cloudWatch, properties.metrics ?? [], range) });
    }
  }
  return { alarms, graphs };
}

async function readStates(cloudWatch: CloudWatch, arns: readonly string[]): Promise<Alarms["alarms"]> {
  const AlarmNames = arns.map((arn) => arn.split(":").at(-1) ?? "");
  const AlarmTypes = ["MetricAlarm", "CompositeAlarm"] as const;
  const found = await cloudWatch.describeAlarms({ AlarmNames, AlarmTypes: [...AlarmTypes], MaxRecords: 100 });
  const all = [...(found.CompositeAlarms ?? []), ...(found.MetricAlarms ?? [])];
  return AlarmNames.flatMap((name) => {
    const state = all.find(({ AlarmName }) => AlarmName === name)?.StateValue;
    return state ? [{ name, state }] : [];
  });
}

async function readSeries(
  cloudWatch: CloudWatch,
  metrics: readonly Metric[],
  range: Range,
): Promise<Series[]> {
  const parsed = metrics.map((metric) => {
    const [Namespace = "", MetricName = "", ...rest] = metric.slice(0, -1) as string[];
    const Dimensions = rest.flatMap((Name, at) =>
      at % 2 === 0 ? [{ Name, Value: rest[at + 1] ?? "" }] : [],
    );
    const { stat } = metric.at(-1) as { stat: string };
    return { Metric: { Namespace, MetricName, Dimensions }, Stat: stat, Period: range.period };
  });
  const { MetricDataResults = [] } = await cloudWatch.getMetricData({
    StartTime: new Date(range.from),
    EndTime: new Date(range.to),
    ScanBy: "TimestampAscending",
    MetricDataQueries: parsed.map((MetricStat, at) => ({ Id: `m${at}`, MetricStat })),
  });
  return parsed.map(({ Metric: { MetricName, Dimensions }, Stat }, at) => {
    const same = parsed.filter(({ Metric }) => Metric.MetricName === MetricName);
    const isByStat = new Set(same.map((other) => other.Stat)).size > 1;
    const more = same.length === 1 ? "" : ` ${isByStat ? Stat : Dimensions.at(-1)?.Value}`;
    const { Timestamps = [], Values = [] } = MetricDataResults.find(({ Id }) => Id === `m${at}`) ?? {};
    const points = Timestamps.map((time, at) => [time.getTime(), Values[at] ?? 0] as const);
    return { label: MetricName + more, stat: Stat, points: points.sort(([a], [b]) => a - b) };
  });
}
