import type { ComparisonOperator, Dimension, MetricDataQuery, Statistic } from "@aws-sdk/client-cloudwatch";
import type { StandardUnit } from "@aws-sdk/client-cloudwatch-logs";
import { ACCOUNT_ID, type Site } from "../clients";
import type { Inputs } from "../inputs";
import type { Creators } from "../resource";

export const cloudWatch: Creators = {
  "aws:cloudwatch/logGroup:LogGroup": (logGroupName, inputs) => {
    const retentionInDays = inputs.number("retentionInDays");
    return async ({ logs, site }) => {
      await logs.createLogGroup({ logGroupName });
      await logs.putRetentionPolicy({ logGroupName, retentionInDays });
      const arn = `arn:aws:logs:${site.region}:${ACCOUNT_ID}:log-group:${logGroupName}`;
      return { id: logGroupName, outputs: { name: logGroupName, arn } };
    };
  },
  "aws:cloudwatch/logStream:LogStream": (logStreamName, inputs) => {
    const logGroupName = inputs.string("logGroupName");
    return async ({ logs }) => {
      await logs.createLogStream({ logGroupName, logStreamName });
      return { id: logStreamName, outputs: { name: logStreamName } };
    };
  },
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": (filterName, inputs) => {
    const metric = inputs.object("metricTransformation", (metric) => ({
      metricNamespace: metric.string("namespace"),
      metricName: metric.string("name"),
      metricValue: metric.string("value"),
      unit: metric.string("unit") as StandardUnit,
      dimensions: metric.map<string>("dimensions"),
    }));
    const filter = {
      logGroupName: inputs.string("logGroupName"),
      filterPattern: inputs.string("pattern"),
      metricTransformations: metric && [metric],
    };
    return async ({ logs }) => {
      await logs.putMetricFilter({ filterName, ...filter });
      return { id: filterName };
    };
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": (AlarmName, inputs) => {
    const isSingle = inputs.has("metricName");
    const alarm = {
      AlarmDescription: inputs.string("alarmDescription"),
      Threshold: inputs.number("threshold"),
      EvaluationPeriods: inputs.number("evaluationPeriods"),
      DatapointsToAlarm: inputs.number("datapointsToAlarm"),
      ComparisonOperator: inputs.string("comparisonOperator") as ComparisonOperator,
      TreatMissingData: inputs.string("treatMissingData"),
      AlarmActions: inputs.strings("alarmActions"),
      OKActions: inputs.strings("okActions"),
      ...(isSingle
        ? {
            Namespace: inputs.string("namespace"),
            MetricName: inputs.string("metricName"),
            Dimensions: dimensions(inputs),
            Statistic: inputs.optionalString("statistic") as Statistic,
            ExtendedStatistic: inputs.optionalString("extendedStatistic"),
            Period: inputs.number("period"),
          }
        : { Metrics: inputs.list("metricQueries", query) }),
    };
    return async ({ cloudWatch, site }) => {
      await cloudWatch.putMetricAlarm({ AlarmName, ...alarm });
      return { id: AlarmName, outputs: { name: AlarmName, arn: alarmArn(site, AlarmName) } };
    };
  },
  "aws:cloudwatch/compositeAlarm:CompositeAlarm": (_name, inputs) => {
    const AlarmName = inputs.string("alarmName");
    const alarm = {
      AlarmDescription: inputs.string("alarmDescription"),
      AlarmRule: inputs.string("alarmRule"),
      AlarmActions: inputs.strings("alarmActions"),
      OKActions: inputs.strings("okActions"),
    };
    return async ({ cloudWatch, site }) => {
      await cloudWatch.putCompositeAlarm({ AlarmName, ...alarm });
      return { id: AlarmName, outputs: { arn: alarmArn(site, AlarmName) } };
    };
  },
  "aws:cloudwatch/dashboard:Dashboard": (_name, inputs) => {
    const DashboardName = inputs.string("dashboardName");
    const DashboardBody = inputs.string("dashboardBody");
    return async ({ cloudWatch }) => {
      await cloudWatch.putDashboard({ DashboardName, DashboardBody });
      return { id: DashboardName, outputs: { dashboardName: DashboardName } };
    };
  },
};

function alarmArn({ region }: Site, name: string): string {
  return `arn:aws:cloudwatch:${region}:${ACCOUNT_ID}:alarm:${name}`;
}

function dimensions(inputs: Inputs): Dimension[] {
  return Object.entries(inputs.map<string>("dimensions") ?? {}).map(([Name, Value]) => ({ Name, Value }));
}

/** A metric of a math expression, or the expression. */
function query(inputs: Inputs): MetricDataQuery {
  return {
    Id: inputs.string("id"),
    Expression: inputs.optionalString("expression"),
    Label: inputs.optionalString("label"),
    ReturnData: inputs.has("returnData") && inputs.boolean("returnData"),
    MetricStat: inputs.object("metric", (metric) => ({
      Metric: {
        Namespace: metric.string("namespace"),
        MetricName: metric.string("metricName"),
        Dimensions: dimensions(metric),
      },
      Stat: metric.string("stat"),
      Period: metric.number("period"),
    })),
  };
}
