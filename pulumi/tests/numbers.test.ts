/** Relations between numbers in the program and in the Rust crates that the guarantees depend on: docs/guarantees.md. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { type Program, program } from "./program";

const PROJECT = path.join(__dirname, "..", "..");
const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** API Gateway's timeout: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const API_GATEWAY_SECONDS = 29;

/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html */
const LAMBDA_LONGEST_RECORD_AGE = 604_800;

/** The Rust sources of a crate. */
function sourceOf(crate: string): string {
  const folders = ["crates", "handlers"].map((group) => path.join(PROJECT, group, crate, "src"));
  const folder = folders.find((candidate) => fs.existsSync(candidate));
  assert.ok(folder, `there is no crate ${crate}`);
  const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".rs"))
    .map((file) => fs.readFileSync(path.join(folder, file), "utf8"))
    .join("\n");
}

/** The value of a duration constant or field in a crate, in seconds. */
function seconds(crate: string, name: string): number {
  const duration = new RegExp(`${name}(?:: \\w+)?(?: =|:) \\w*Duration::from_(\\w+)\\(([\\d *]+)\\)`, "g");
  const [found, ...others] = sourceOf(crate).matchAll(duration);
  assert.ok(found && others.length === 0, `${crate} has ${others.length + (found ? 1 : 0)} of ${name}`);
  const [, unit = "", amount = ""] = found;
  const factors = amount.split("*").map(Number);
  const scale = { millis: 0.001, secs: 1, mins: 60, hours: HOUR }[unit];
  assert.ok(scale, `${name} of ${crate} is in ${unit}`);
  return factors.reduce((product, factor) => product * factor, scale);
}

let dev: Program;
before(async () => {
  dev = await program();
});

const timeout = (name: string): number => dev.one("aws:lambda/function:Function", name).inputs.timeout;

test("the ledger remembers a like for a day longer than any copy can exist, even at the longest retention", async () => {
  const memory = seconds("like", "LEDGER_RETENTION");
  const acceptance = seconds("like", "MAX_AGE");
  const longest = await program("dev", { retentionHours: "336" });
  const retention = longest.one("aws:kinesis/stream:Stream").inputs.retentionPeriod * HOUR;
  const quarantine = longest.one("aws:sqs/queue:Queue", "likes-quarantine").inputs.messageRetentionSeconds;
  assert.equal(memory, 30 * DAY);
  assert.equal(quarantine, 14 * DAY);
  assert.ok(memory >= acceptance + retention + quarantine + DAY);
});

test("Lambda discards a record, and reports it, before it leaves the stream, up to the longest age that Lambda allows", async () => {
  for (const [retentionHours, age] of [
    [24, 23 * HOUR],
    [168, 167 * HOUR],
    [169, LAMBDA_LONGEST_RECORD_AGE],
    [170, -1],
    [336, -1],
  ] as const) {
    const stack = await program("dev", { retentionHours: String(retentionHours) });
    const mapping = stack.one("aws:lambda/eventSourceMapping:EventSourceMapping").inputs;
    assert.equal(mapping.maximumRecordAgeInSeconds, age, `${retentionHours} hours`);
    // A record that has just reached the age may be in an invocation, which must end before the record expires.
    assert.ok(age === -1 || age + 10 * timeout("likes-update") <= retentionHours * HOUR);
  }
});

test("the API's functions time out before API Gateway, and their calls before the functions", () => {
  for (const [name, crate, calls] of [
    ["likes-ingest", "ingest-like", 1],
    ["likes-get", "get-likes", 3],
  ] as const) {
    assert.ok(timeout(name) < API_GATEWAY_SECONDS, name);
    assert.ok(calls * seconds(crate, "operation_timeout") < timeout(name), name);
    assert.ok(seconds(crate, "attempt_timeout") < seconds(crate, "operation_timeout"), name);
  }
});

test("UpdateCount reserves time to quarantine and to respond, with time for calls before that, and an alarm when it runs out", () => {
  const call = seconds("update-count", "operation_timeout");
  const quarantine = seconds("update-count", "TIME_TO_QUARANTINE");
  const response = seconds("update-count", "TIME_TO_RESPOND");
  assert.ok(quarantine > call);
  assert.ok(response >= 1);
  assert.ok(timeout("likes-update") > 2 * call + quarantine + response);
  const { threshold } = dev.one("aws:cloudwatch/metricAlarm:MetricAlarm", "likes-dev-update-slow").inputs;
  // It stops up to 2 s earlier if it would have to wait until then, so the alarm leaves three.
  assert.equal(threshold, (timeout("likes-update") - quarantine - response - 3) * 1000);
});
