/**
 * Makes the picture of the dashboard in the documentation, on a local stack with a proxy for faults: seven minutes of load,
 * and in four of them Kinesis and DynamoDB throttle, long enough for alarms to ring.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PROJECT = path.join(__dirname, "..", "..");

const FAULTS = [
  {
    service: "kinesis",
    operation: "PutRecord",
    probability: 0.4,
    error: { code: "ProvisionedThroughputExceededException" },
  },
  {
    service: "dynamodb",
    operation: "TransactWriteItems",
    probability: 0.4,
    error: { code: "ThrottlingException" },
  },
];

const MINUTES = 7;
const FAULTY_MINUTES = 4;
const MINUTE_MS = 60_000;

const WARM_MS = 10_000;

/** How often counts are read, as pages do. */
const READ_MS = 500;

const { faultsUrl, likesUrl } = JSON.parse(fs.readFileSync(process.env.LIKES_OUTPUTS ?? "", "utf8"));

async function inject(rules: readonly object[]): Promise<void> {
  const body = JSON.stringify(rules);
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${faultsUrl}/rules`, { method: "POST", headers, body });
  if (!response.ok) {
    throw new Error(`the proxy does not take the rules: ${response.status} ${await response.text()}`);
  }
}

/** Runs a program; resolves when it exits. */
function run(program: string, ...args: string[]): Promise<number | null> {
  const child = spawn(program, args, { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
}

async function record(): Promise<void> {
  // The proxy takes seconds for its first calls.
  await fetch(`${likesUrl}?movieId=tt0111161`);
  await sleep(WARM_MS);
  const likesctl = path.join(PROJECT, "target", "debug", "likesctl");
  const load = run(likesctl, "load", "--rate", "25", "--duration", `${MINUTES}m`);
  const reading = setInterval(() => {
    void fetch(`${likesUrl}?movieId=tt0111161`).catch(() => undefined);
  }, READ_MS);
  await sleep(((MINUTES - FAULTY_MINUTES) / 2) * MINUTE_MS);
  await inject(FAULTS);
  await sleep(FAULTY_MINUTES * MINUTE_MS);
  await inject([]);
  await load;
  clearInterval(reading);
  const picture = path.join("docs", "images", "dashboard.svg");
  const cli = path.join(__dirname, "cli.ts");
  const code = await run(
    process.execPath,
    "--import",
    "tsx",
    cli,
    "--minutes",
    String(MINUTES),
    "--file",
    picture,
  );
  if (code !== 0) {
    throw new Error("the dashboard was not drawn");
  }
}

record().catch((error: Error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
