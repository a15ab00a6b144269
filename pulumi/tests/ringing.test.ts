/** Each alarm rings when it must and at no other time, by CloudWatch's rules. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { comparedPoint, metricsOf, type Settings, type State, stateAfter } from "../local/alarms/alarm";
import { type Point, pointOf } from "../local/alarms/expression";
import type { Clients, Site } from "../local/clients";
import { Inputs } from "../local/inputs";
import type { Target } from "../local/resource";
import { cloudWatch } from "../local/resources/cloudWatch";
import { program } from "./program";
import { type Period, RINGING } from "./ringing";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";

/** The settings of the program's alarms, by the alarms' names in the documentation. */
const alarms = new Map<string, Settings>();
before(async () => {
  const site = { region: "eu-west-1" } as Site;
  for (const { name, inputs } of (await program("dev")).all(ALARM)) {
    const putMetricAlarm = async (settings: Settings) => {
      alarms.set(name.replace("likes-dev-", ""), settings);
    };
    const target = { cloudWatch: { putMetricAlarm } as unknown as Clients["cloudWatch"], site } as Target;
    await cloudWatch[ALARM]?.(name, new Inputs(inputs))(target);
  }
});

/** A statistic as CloudWatch computes it; a percentile lies between the two nearest values. */
function statistic(stat: string, values: readonly number[] = []): Point {
  if (values.length === 0) {
    return undefined;
  }
  const sum = values.reduce((sum, value) => sum + value, 0);
  if (stat.startsWith("p")) {
    const sorted = [...values].sort((a, b) => a - b);
    const rank = (Number(stat.slice(1)) / 100) * (sorted.length - 1);
    const [low = 0, high = 0] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
    return low + (rank % 1) * (high - low);
  }
  const statistics = { Sum: sum, Average: sum / values.length, Maximum: Math.max(...values) };
  assert.ok(stat in statistics, stat);
  return statistics[stat as keyof typeof statistics];
}

/** The states of an alarm after each period. */
function states(alarm: Settings, periods: readonly Period[], former: State = "OK"): State[] {
  const points: Point[] = [];
  let state = former;
  return periods.map((period) => {
    const statistics = metricsOf(alarm).map(({ id, Stat }) => [id, statistic(Stat, period[id])]);
    points.push(comparedPoint(alarm, Object.fromEntries(statistics)));
    state = stateAfter(alarm, points, state);
    return state;
  });
}

const silence = (alarm: Settings): Period[] =>
  Array.from({ length: (alarm.EvaluationPeriods ?? 0) + 5 }, () => ({}));

/** The alarms for which silence says nothing. */
const STAYS_ON = ["archive-late", "quarantine"];

/** What is wrong with when an alarm rings. */
function wrong(name: string, alarm: Settings): string | undefined {
  const { rings, quiet } = RINGING[name] ?? { rings: [], quiet: [] };
  for (const periods of rings) {
    const ringing = states(alarm, periods);
    if (ringing.indexOf("ALARM") !== periods.length - 1) {
      return `does not ring exactly at the end of ${JSON.stringify(periods)}: ${ringing}`;
    }
    const bad = Array.from({ length: alarm.DatapointsToAlarm ?? 0 }, () => periods.at(-1) ?? {});
    const last = states(alarm, [...bad, ...silence(alarm)]).at(-1);
    if (last !== (STAYS_ON.includes(name) ? "ALARM" : "OK")) {
      return `is ${last} after silence`;
    }
  }
  for (const periods of [...quiet, silence(alarm)]) {
    if (states(alarm, periods).includes("ALARM")) {
      return `rings at ${JSON.stringify(periods)}`;
    }
  }
  return undefined;
}

test("each alarm rings at what it must, at nothing near it, and not for silence", () => {
  assert.deepEqual([...alarms.keys()].sort(), Object.keys(RINGING).sort());
  for (const [name, alarm] of alarms) {
    assert.equal(wrong(name, alarm), undefined, name);
  }
});

/** The alarm with one setting changed, by what was changed. */
function changes(alarm: Settings): Record<string, Settings> {
  const { Threshold = 0, DatapointsToAlarm = 0, EvaluationPeriods = 0, TreatMissingData } = alarm;
  const changed: Record<string, Settings> = {
    "a higher threshold": { ...alarm, Threshold: Threshold === 0 ? 1 : Threshold * 1.2 },
    "a lower threshold": { ...alarm, Threshold: Threshold === 0 ? -1 : Threshold * 0.8 },
    "more bad periods": { ...alarm, DatapointsToAlarm: DatapointsToAlarm + 1, EvaluationPeriods },
  };
  // With FILL for all metrics, no data are missing.
  if (comparedPoint(alarm, {}) === undefined) {
    const other = TreatMissingData === "ignore" ? "notBreaching" : "ignore";
    changed["missing data"] = { ...alarm, TreatMissingData: other };
  }
  if (DatapointsToAlarm > 1) {
    changed["fewer bad periods"] = { ...alarm, DatapointsToAlarm: DatapointsToAlarm - 1 };
    changed["more periods"] = { ...alarm, EvaluationPeriods: EvaluationPeriods + 1 };
  }
  if (EvaluationPeriods > DatapointsToAlarm && DatapointsToAlarm > 1) {
    changed["fewer periods"] = { ...alarm, EvaluationPeriods: EvaluationPeriods - 1 };
  }
  // Above 0, all statistics of a number of faults say the same.
  const stats = Threshold === 0 ? [] : ["Sum", "Average", "Maximum", "p50", "p99"];
  if (alarm.MetricName) {
    for (const stat of stats.filter((stat) => stat !== (alarm.ExtendedStatistic ?? alarm.Statistic))) {
      const isPercentile = stat.startsWith("p");
      changed[`the statistic ${stat}`] = {
        ...alarm,
        Statistic: (isPercentile ? undefined : stat) as Settings["Statistic"],
        ExtendedStatistic: isPercentile ? stat : undefined,
      };
    }
  }
  for (const { id } of alarm.MetricName ? [] : metricsOf(alarm)) {
    const Metrics = alarm.Metrics?.map((query) => {
      const Expression = query.Expression?.replace(new RegExp(`FILL\\(${id}, 0\\)|\\b${id}\\b`), "0");
      return query.Expression === undefined ? query : { ...query, Expression };
    });
    changed[`an expression without ${id}`] = { ...alarm, Metrics };
  }
  return changed;
}

/** Whether more than a hundredth of zeros and ones are ones: their 99th percentile says the same as their average. */
const SAME = ["api-failures: the statistic p99"];

test("whatever is changed in an alarm, it rings at other times", () => {
  const unnoticed = [...alarms].flatMap(([name, alarm]) =>
    Object.entries(changes(alarm))
      .filter(([, changed]) => wrong(name, changed) === undefined)
      .map(([change]) => `${name}: ${change}`),
  );
  assert.deepEqual(unnoticed, SAME);
});

test("missing data count as in AWS's examples", () => {
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
  const examples: [number, string, string, string][] = [
    [3, "0 - X - X", "OK", "OK"],
    [3, "- - - - 0", "OK", "OK"],
    [3, "- - - - -", "former", "OK"],
    [3, "0 X X - X", "ALARM", "ALARM"],
    [3, "- - X - -", "former", "OK"],
    [2, "0 - X - X", "ALARM", "ALARM"],
    [2, "0 0 X 0 X", "ALARM", "ALARM"],
    [2, "0 - X - -", "OK", "OK"],
    [2, "- - - - 0", "OK", "OK"],
  ];
  for (const [DatapointsToAlarm, text, ignore, notBreaching] of examples) {
    const points = text.split(" ").map((point) => ({ X: 1, 0: 0 })[point]);
    const settings = {
      ComparisonOperator: "GreaterThanThreshold",
      Threshold: 0,
      EvaluationPeriods: 3,
    } as const;
    for (const former of ["OK", "ALARM"] as const) {
      for (const [TreatMissingData, expected] of Object.entries({ ignore, notBreaching })) {
        assert.equal(
          stateAfter({ ...settings, DatapointsToAlarm, TreatMissingData }, points, former),
          expected === "former" ? former : expected,
          `${DatapointsToAlarm} of ${text}, ${TreatMissingData}`,
        );
      }
    }
  }
});

test("metric math has no data point where a metric has none, or for a division by zero", () => {
  assert.equal(pointOf("a + b", { a: 4, b: undefined }), undefined);
  assert.equal(pointOf("100 * (a - FILL(b, 0)) / a", { a: 4, b: 1 }), 75);
  assert.equal(pointOf("100 * (a - FILL(b, 0)) / a", { a: 4, b: undefined }), 100);
  assert.equal(pointOf("100 * (a - FILL(b, 0)) / a", { a: undefined, b: 1 }), undefined);
  assert.equal(pointOf("100 * (a - FILL(b, 0)) / a", { a: 0, b: 1 }), undefined);
});

test("metric math of another kind is an error", () => {
  for (const expression of [
    "SUM(METRICS())",
    "FILL(a, REPEAT)",
    "a > 1",
    "IF(a, 1, 2)",
    "nothing",
    "FILL(a, 0, 0)",
  ]) {
    assert.throws(() => pointOf(expression, { a: 1 }), expression);
  }
});
