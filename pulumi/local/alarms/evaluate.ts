/** Sets the alarms' states from the metrics, as CloudWatch does; the emulator then sets those of composite alarms. */
import type { CloudWatch, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { comparedPoint, EXTRA_PERIODS, metricsOf, type State, stateAfter } from "./alarm";
import type { Point } from "./expression";

/** What is compared in each period that is over, oldest first. */
async function pointsOf(cloudWatch: CloudWatch, alarm: MetricAlarm, now: number): Promise<Point[]> {
  const { EvaluationPeriods = 1 } = alarm;
  const period =
    alarm.Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ?? alarm.Period ?? 60;
  const end = Math.floor(now / 1000 / period) * period;
  const starts = Array.from(
    { length: EvaluationPeriods + EXTRA_PERIODS },
    (_, before) => end - (before + 1) * period,
  ).reverse();
  const { MetricDataResults = [] } = await cloudWatch.getMetricData({
    StartTime: new Date((starts[0] ?? end) * 1000),
    EndTime: new Date(end * 1000),
    MetricDataQueries: metricsOf(alarm).map(({ id: Id, Stat, ...Metric }) => {
      return { Id, MetricStat: { Metric, Stat, Period: period } };
    }),
  });
  return starts.map((start) => {
    const statistics = MetricDataResults.map(({ Id = "", Timestamps = [], Values = [] }) => [
      Id,
      Values[Timestamps.findIndex((time) => time.getTime() === start * 1000)],
    ]);
    return comparedPoint(alarm, Object.fromEntries(statistics));
  });
}

export class Evaluator {
  private readonly states = new Map<string, State>();

  constructor(private readonly cloudWatch: CloudWatch) {}

  /** Evaluates all alarms. A state that is set by hand stays until the alarm's own state changes. */
  async evaluate(now: number): Promise<void> {
    const { MetricAlarms = [] } = await this.cloudWatch.describeAlarms({ AlarmTypes: ["MetricAlarm"] });
    for (const alarm of MetricAlarms) {
      const { AlarmName = "" } = alarm;
      const former = this.states.get(AlarmName);
      const points = await pointsOf(this.cloudWatch, alarm, now);
      const StateValue = stateAfter(alarm, points, former ?? "OK");
      if (StateValue !== former) {
        this.states.set(AlarmName, StateValue);
        const known = points.filter((point) => point !== undefined);
        const StateReason = `the last data points, of ${points.length} periods, are ${known.slice(-5).join(", ") || "missing"}`;
        await this.cloudWatch.setAlarmState({ AlarmName, StateValue, StateReason });
      }
    }
  }
}
