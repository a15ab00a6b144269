import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { alarmTopic } from "./alarmTopic";
import { dashboardBody, dashboardUrl } from "./dashboard";
import type { Watched } from "./metrics";
import type { Composite, Watch } from "./watch";
import { watches } from "./watches";

export interface AlarmsArgs {
  /** Who is notified by e-mail; nobody if undefined. */
  readonly email: string | undefined;
  /** The topic of others that is notified; none if undefined. */
  readonly topicArn: string | undefined;
  readonly accountId: pulumi.Input<string>;
  readonly partition: pulumi.Input<string>;
  readonly region: pulumi.Input<string>;
  readonly watched: Watched;
  readonly retentionHours: number;
}

/** What the composite alarms say. */
const COMPOSITES: Record<Composite, string> = {
  late: "Likes are late or being lost",
  "turned-away": "Requests are being turned away: likes are rejected, or pages show no counts",
};

/** Alarms on everything that would delay, hide or reject a like, and a dashboard of the pipeline. */
export class Alarms extends pulumi.ComponentResource {
  /** The dashboard in AWS's console; undefined in a partition whose console is not known. */
  readonly dashboardUrl: pulumi.Output<string | undefined>;
  /** The names of the alarms on metrics. */
  readonly names: pulumi.Output<string[]>;

  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Alarms", name, {}, opts);
    const inside = { parent: this };
    const topics = [
      ...(args.email ? [alarmTopic(name, { ...args, email: args.email }, inside)] : []),
      ...(args.topicArn ? [args.topicArn] : []),
    ];
    const notified = { alarmActions: topics, okActions: topics };
    const alarms = Object.entries(watches(args.watched, args.retentionHours)).map(([suffix, watch]) => {
      const actions = watch.partOf
        ? {}
        : { alarmActions: topics, ...(watch.isEvent ? {} : { okActions: topics }) };
      const alarm = new aws.cloudwatch.MetricAlarm(
        `${name}-${suffix}`,
        { ...metricArgs(watch), ...actions },
        inside,
      );
      return { ...watch, alarm };
    });
    this.names = pulumi.all(alarms.map(({ alarm }) => alarm.name));
    const composites = (Object.keys(COMPOSITES) as Composite[]).map((composite) => {
      const rules = alarms
        .filter(({ partOf }) => partOf === composite)
        .map(({ alarm }) => pulumi.interpolate`ALARM("${alarm.name}")`);
      return new aws.cloudwatch.CompositeAlarm(
        `${name}-${composite}`,
        {
          alarmName: `${name}-${composite}`,
          alarmDescription: COMPOSITES[composite],
          alarmRule: pulumi.all(rules).apply((all) => all.join(" OR ")),
          ...notified,
        },
        inside,
      );
    });
    const arns = [...composites, ...alarms.map(({ alarm }) => alarm)].map(({ arn }) => arn);
    const dashboard = new aws.cloudwatch.Dashboard(
      name,
      {
        dashboardName: pulumi.interpolate`${name}-${args.region}`,
        dashboardBody: dashboardBody(args.watched, args.region, arns),
      },
      inside,
    );
    this.dashboardUrl = dashboardUrl(dashboard.dashboardName, args.partition, args.region);
    this.registerOutputs({ dashboardUrl: this.dashboardUrl });
  }
}

/** An alarm's inputs, without what it does. */
function metricArgs({ description, metrics, expression, threshold, window, missing }: Watch) {
  return {
    alarmDescription: description,
    threshold,
    comparisonOperator: "GreaterThanThreshold",
    evaluationPeriods: window.evaluationPeriods,
    datapointsToAlarm: window.datapointsToAlarm,
    treatMissingData: missing,
    ...(expression === undefined
      ? singleMetric(metrics, window.period)
      : { metricQueries: queries(metrics, expression, window.period) }),
  };
}

function singleMetric(metrics: Watch["metrics"], period: number) {
  const [metric, ...others] = Object.values(metrics);
  if (!metric || others.length > 0) {
    throw new Error("several metrics need an expression");
  }
  const { namespace, metricName, dimensions, stat } = metric;
  const statistic = stat.startsWith("p") ? { extendedStatistic: stat } : { statistic: stat };
  return { namespace, metricName, dimensions, period, ...statistic };
}

function queries(metrics: Watch["metrics"], expression: string, period: number) {
  return [
    ...Object.entries(metrics).map(([id, metric]) => ({ id, metric: { ...metric, period } })),
    { id: "result", expression, label: "result", returnData: true },
  ];
}
