/**
 * What CloudWatch does by itself, as a process: follows the logs of the local stack's processes, puts the metrics in them
 * into the emulator once a second, and evaluates the alarms once a minute.
 *
 * It keeps how far it has read. If it is killed, it puts the metrics of its last second again.
 */
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { SQS } from "@aws-sdk/client-sqs";
import { Evaluator } from "../alarms/evaluate";
import { Batch } from "./batch";
import type { Datum } from "./datum";
import { extract } from "./emf";
import { metricDatum } from "./metricDatum";
import { queueMetrics } from "./queues";
import { type Position, Tail } from "./tail";

/** How often metrics are put. */
const PUT_MS = 1000;

/** How often queues are asked: on AWS, SQS reports every minute. */
const ASK_MS = 5_000;

/** How often alarms are evaluated. */
const EVALUATE_MS = 60_000;

const [checkpoints = "", ...logs] = process.argv.slice(2);

function restored(): Record<string, Position> {
  return fs.existsSync(checkpoints) ? JSON.parse(fs.readFileSync(checkpoints, "utf8")) : {};
}

function store(tails: ReadonlyMap<string, Tail>): void {
  const positions = [...tails].map(([log, { position }]) => [log, position]);
  const written = `${checkpoints}.new`;
  fs.writeFileSync(written, JSON.stringify(Object.fromEntries(positions)));
  fs.renameSync(written, checkpoints);
}

async function run(): Promise<never> {
  const positions = restored();
  const tails = new Map(logs.map((log) => [log, new Tail(log, positions[log])]));
  // The emulator does not take compressed requests.
  const cloudWatch = new CloudWatch({ disableRequestCompression: true });
  const sqs = new SQS({});
  const batch = new Batch();
  const add = (data: readonly Datum[]) => {
    for (const datum of data) {
      batch.add(datum);
    }
  };
  const send = (Namespace: string, data: readonly Datum[]) =>
    cloudWatch.putMetricData({ Namespace, MetricData: data.map(metricDatum) });
  const evaluator = new Evaluator(cloudWatch);
  let [asked, evaluated] = [0, 0];
  console.log("ready");
  for (;;) {
    for (const tail of tails.values()) {
      for (const line of tail.lines()) {
        add(extract(line));
      }
    }
    try {
      if (Date.now() - asked >= ASK_MS) {
        asked = Date.now();
        add(await queueMetrics(sqs, asked));
      }
      await batch.sendWith(send);
      store(tails);
      if (Date.now() - evaluated >= EVALUATE_MS) {
        evaluated = Date.now();
        await evaluator.evaluate(evaluated);
      }
    } catch (error) {
      console.error(`metrics or alarms will be tried again: ${(error as Error).message}`);
    }
    await sleep(PUT_MS);
  }
}

void run();
