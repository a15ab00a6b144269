/** Draws a stack's dashboard into a file: `./justw dashboard`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { outputsOf } from "../local/outputs";
import { LocalStack } from "../local/stack";
import { draw } from "./draw";
import { readDashboard } from "./widgets";

const PROJECT = path.join(__dirname, "..", "..");

const USAGE = "usage: ./justw dashboard [STACK] [--minutes NUMBER] [--file FILE]";

/** The most data points of a line: a finer line is not seen. */
const MAX_POINTS = 60;
const MINUTE = 60;

/** Periods that CloudWatch knows, in seconds; those below a minute only where metrics have finer times: on the local stack. */
const PERIODS = [5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];

/** The shortest period with few enough data points. */
function periodFor(minutes: number, isLocal: boolean): number {
  const fits = (period: number) => (isLocal || period >= MINUTE) && (minutes * MINUTE) / period <= MAX_POINTS;
  return PERIODS.find(fits) ?? 86_400;
}

async function run(): Promise<void> {
  const options = { minutes: { type: "string", default: "60" }, file: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [stack, ...rest] = positionals;
  const minutes = Number(values.minutes);
  if (rest.length > 0 || !Number.isInteger(minutes) || minutes < 1 || minutes > 14 * 1440) {
    throw new Error(USAGE);
  }
  const file = path.resolve(PROJECT, values.file ?? "dashboard.svg");
  const outputsFile = stack === undefined && process.env.LIKES_OUTPUTS;
  const outputs = outputsFile
    ? JSON.parse(fs.readFileSync(outputsFile, "utf8"))
    : outputsOf(stack ?? "local", new LocalStack(path.join(PROJECT, ".local")));
  const { accessKeyId, secretAccessKey, region, endpointUrl: endpoint } = outputs;
  const isLocal = endpoint !== undefined;
  const cloudWatch = new CloudWatch({
    region,
    ...(isLocal && { endpoint, credentials: { accessKeyId, secretAccessKey } }),
  });
  const period = periodFor(minutes, isLocal);
  const to = Math.floor(Date.now() / 1000 / period) * period * 1000;
  const range = { from: to - minutes * MINUTE * 1000, to, period };
  // As pulumi/alarms.ts names it.
  const name = `${outputs.alarmNames[0].replace(/-ingest-errors$/, "")}-${region}`;
  fs.writeFileSync(file, draw({ title: name, range, ...(await readDashboard(cloudWatch, name, range)) }));
  console.log(`Wrote ${path.relative(PROJECT, file)}`);
}

run().catch((error: Error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
