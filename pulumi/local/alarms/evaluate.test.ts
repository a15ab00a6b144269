import assert from "node:assert/strict";
import { test } from "node:test";
import { Evaluator } from "./evaluate";

const MINUTE = 60_000;

/** CloudWatch with one alarm, on more than 0 errors in two of three minutes. */
function cloudWatchWith(errors: ReadonlyMap<number, number>) {
  const set: string[] = [];
  const cloudWatch = {
    describeAlarms: async () => ({
      MetricAlarms: [
        {
          AlarmName: "likes-dev-ingest-errors",
          Namespace: "AWS/Lambda",
          MetricName: "Errors",
          Statistic: "Sum",
          Period: 60,
          EvaluationPeriods: 3,
          DatapointsToAlarm: 2,
          Threshold: 0,
          ComparisonOperator: "GreaterThanThreshold",
          TreatMissingData: "notBreaching",
        },
      ],
    }),
    getMetricData: async ({ StartTime, EndTime }: { StartTime: Date; EndTime: Date }) => {
      const known = [...errors].filter(([time]) => time >= StartTime.getTime() && time < EndTime.getTime());
      const [Timestamps, Values] = [known.map(([time]) => new Date(time)), known.map(([, value]) => value)];
      return { MetricDataResults: [{ Id: "metric", Timestamps, Values }] };
    },
    setAlarmState: async ({ AlarmName, StateValue }: { AlarmName: string; StateValue: string }) => {
      set.push(`${AlarmName} ${StateValue}`);
    },
  };
  return { set, cloudWatch: cloudWatch as never };
}

test("an alarm's state is set when it changes, by the minutes that are over", async () => {
  const errors = new Map<number, number>([[10 * MINUTE, 1]]);
  const { cloudWatch, set } = cloudWatchWith(errors);
  const evaluator = new Evaluator(cloudWatch);
  await evaluator.evaluate(11 * MINUTE);
  assert.deepEqual(set, ["likes-dev-ingest-errors OK"]);
  errors.set(11 * MINUTE, 1);
  await evaluator.evaluate(11.9 * MINUTE);
  assert.equal(set.length, 1, "the minute is not over");
  await evaluator.evaluate(12 * MINUTE);
  await evaluator.evaluate(12.5 * MINUTE);
  assert.deepEqual(set.slice(1), ["likes-dev-ingest-errors ALARM"]);
  await evaluator.evaluate(20 * MINUTE);
  assert.deepEqual(set.slice(2), ["likes-dev-ingest-errors OK"]);
});
