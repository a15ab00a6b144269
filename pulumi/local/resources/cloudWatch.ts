import type { ComparisonOperator, Statistic } from "@aws-sdk/client-cloudwatch";
import { ACCOUNT_ID } from "../clients";
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
  "aws:cloudwatch/metricAlarm:MetricAlarm": (AlarmName, inputs) => {
    const alarm = {
      AlarmDescription: inputs.string("alarmDescription"),
      Namespace: inputs.string("namespace"),
      MetricName: inputs.string("metricName"),
      Dimensions: Object.entries(inputs.map<string>("dimensions") ?? {}).map(([Name, Value]) => ({
        Name,
        Value,
      })),
      Statistic: inputs.string("statistic") as Statistic,
      Threshold: inputs.number("threshold"),
      Period: inputs.number("period"),
      EvaluationPeriods: inputs.number("evaluationPeriods"),
      DatapointsToAlarm: inputs.number("datapointsToAlarm"),
      ComparisonOperator: inputs.string("comparisonOperator") as ComparisonOperator,
      TreatMissingData: inputs.string("treatMissingData"),
      AlarmActions: inputs.strings("alarmActions"),
      OKActions: inputs.strings("okActions"),
    };
    return async ({ cloudWatch }) => {
      await cloudWatch.putMetricAlarm({ AlarmName, ...alarm });
      return { id: AlarmName, outputs: { name: AlarmName } };
    };
  },
  "aws:cloudwatch/dashboard:Dashboard": (_name, inputs) => {
    const DashboardName = inputs.string("dashboardName");
    const DashboardBody = inputs.string("dashboardBody");
    return async ({ cloudWatch }) => {
      await cloudWatch.putDashboard({ DashboardName, DashboardBody });
      return { id: DashboardName };
    };
  },
};
