/**
 * Tells which alarms ring in which faults, from what the local stack measured, and compares it with the table in
 * docs/operations.md.
 *
 * A fault lasts seconds here, and an alarm's window minutes to a day. So what was measured during a fault is taken as what
 * each period of the window would have: the fault is thought to last. An age that grows with the fault is thought to go on
 * growing until it is above the threshold.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatch, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { comparedPoint, metricsOf, stateAfter } from "./alarm";
import type { Point } from "./expression";
import { readTable } from "./faultTable";

interface Fault {
  readonly name: string;
  /** In milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** The metrics that are ages, with a second in their unit. */
const AGES: Record<string, number> = {
  IteratorAge: 1000,
  "DeliveryToS3.DataFreshness": 1,
  KinesisMillisBehindLatest: 1000,
};

/** No age is more without a fault: Firehose buffers for two seconds, and the mapping gathers a batch for one. */
const USUAL_AGE_SECONDS = 5;

/** Longer than until the metrics of the last fault are in CloudWatch. */
const UNTIL_PUT_MS = 3000;

/** So long that the emulator takes all of a fault as one period. */
const PERIOD = 100 * 366 * 86_400;

const outputsFile = process.env.LIKES_OUTPUTS ?? "";
const outputs = JSON.parse(fs.readFileSync(outputsFile, "utf8"));
const cloudWatch = new CloudWatch({
  endpoint: outputs.endpointUrl,
  region: outputs.region,
  credentials: { accessKeyId: outputs.accessKeyId, secretAccessKey: outputs.secretAccessKey },
});

/** The statistics of an alarm's metrics during a fault, by the metrics' ids. */
async function measured(alarm: MetricAlarm, { from, to }: Fault): Promise<Record<string, Point>> {
  const metrics = metricsOf(alarm);
  const { MetricDataResults = [] } = await cloudWatch.getMetricData({
    StartTime: new Date(Math.floor(from / 1000) * 1000),
    EndTime: new Date(Math.ceil(to / 1000) * 1000),
    MetricDataQueries: metrics.map(({ id: Id, Stat, ...Metric }) => {
      return { Id, MetricStat: { Metric, Stat, Period: PERIOD } };
    }),
  });
  const seconds = (to - from) / 1000;
  return Object.fromEntries(
    metrics.map(({ id, MetricName }) => {
      const value = MetricDataResults.find(({ Id }) => Id === id)?.Values?.[0];
      const age = (value ?? 0) / (AGES[MetricName] ?? Number.POSITIVE_INFINITY);
      return [id, age > Math.max(seconds / 2, USUAL_AGE_SECONDS) ? Number.MAX_SAFE_INTEGER : value];
    }),
  );
}

async function rings(alarm: MetricAlarm, fault: Fault): Promise<boolean> {
  const point = comparedPoint(alarm, await measured(alarm, fault));
  const points = Array.from({ length: alarm.EvaluationPeriods ?? 1 }, () => point);
  return stateAfter(alarm, points, "OK") === "ALARM";
}

async function run(): Promise<boolean> {
  await sleep(UNTIL_PUT_MS);
  const log = path.join(path.dirname(outputsFile), "faults.jsonl");
  const faults: Fault[] = fs
    .readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { MetricAlarms = [], CompositeAlarms = [] } = await cloudWatch.describeAlarms({
    AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
  });
  const prefix = outputs.alarmNames[0].replace(/ingest-errors$/, "");
  const short = (name = "") => name.replace(prefix, "");
  const rang = new Map<string, string[]>();
  for (const fault of faults) {
    const ringing: string[] = [];
    for (const alarm of MetricAlarms) {
      if (await rings(alarm, fault)) {
        ringing.push(short(alarm.AlarmName));
      }
    }
    const composite = CompositeAlarms.filter(({ AlarmRule = "" }) =>
      [...AlarmRule.matchAll(/ALARM\("([^"]+)"\)/g)].some(([, name]) => ringing.includes(short(name))),
    ).map(({ AlarmName }) => short(AlarmName));
    rang.set(fault.name, [...ringing, ...composite]);
    console.log(`| ${fault.name} | ${[...ringing, ...composite].sort().join(", ")} |`);
  }
  const wrong = readTable().flatMap(({ alarm, fault, composite }) => {
    const found = rang.get(fault);
    return [alarm, ...(composite ? [composite] : [])]
      .filter((name) => fault !== "" && !found?.includes(name))
      .map((name) => `docs/operations.md says that ${name} fires in the fault "${fault}", but it does not`);
  });
  wrong.push(...(rang.get("none") ?? []).map((name) => `${name} fires without a fault`));
  for (const line of wrong) {
    console.error(`error: ${line}`);
  }
  return wrong.length === 0;
}

run().then(
  (isRight) => process.exit(isRight ? 0 : 1),
  (error: Error) => {
    console.error(`error: ${error.message}`);
    process.exit(1);
  },
);
