/** The relations between numbers of the program and of the handlers on which the promise rests: docs/guarantees.md. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { type Program, program } from "./program";

const HANDLERS = path.join(__dirname, "..", "..", "handlers");
const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** How long API Gateway waits: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html */
const API_GATEWAY_SECONDS = 29;

/** What a constant of a handler is set to, in seconds. */
function seconds(file: string, name: string): number {
  const source = fs.readFileSync(path.join(HANDLERS, file), "utf8");
  const [, unit = "", amount = ""] =
    new RegExp(`${name}(?:: \\w+)?(?: =|:) \\w*Duration::from_(\\w+)\\(([\\d *]+)\\)`).exec(source) ?? [];
  const factors = amount.split("*").map(Number);
  const scale = { millis: 0.001, secs: 1, mins: 60, hours: HOUR }[unit];
  assert.ok(scale, `${file} has no ${name}`);
  return factors.reduce((product, factor) => product * factor, scale);
}

let dev: Program;
before(async () => {
  dev = await program();
});

const timeout = (name: string): number => dev.one("aws:lambda/function:Function", name).inputs.timeout;

test("the ledger remembers a like for a day longer than any copy of it can live, at the longest setting too", async () => {
  const memory = seconds("like/src/event.rs", "LEDGER_RETENTION");
  const acceptance = seconds("like/src/like_id.rs", "MAX_AGE");
  const longest = await program("dev", { retentionHours: "336" });
  const retention = longest.one("aws:kinesis/stream:Stream").inputs.retentionPeriod * HOUR;
  const quarantine = longest.one("aws:sqs/queue:Queue").inputs.messageRetentionSeconds;
  assert.equal(memory, 30 * DAY);
  assert.equal(quarantine, 14 * DAY);
  assert.ok(memory >= acceptance + retention + quarantine + DAY);
});

test("the API's functions give up before API Gateway does, and their calls before they do", () => {
  for (const [name, crate, calls] of [
    ["likes-ingest", "ingest-like", 1],
    ["likes-get", "get-likes", 3],
  ] as const) {
    const main = `${crate}/src/main.rs`;
    assert.ok(timeout(name) < API_GATEWAY_SECONDS, name);
    assert.ok(calls * seconds(main, "operation_timeout") < timeout(name), name);
    assert.ok(seconds(main, "attempt_timeout") < seconds(main, "operation_timeout"), name);
  }
});

test("UpdateCount keeps back the time to put aside and to answer, and has time for calls before", () => {
  const call = seconds("update-count/src/main.rs", "operation_timeout");
  const quarantine = seconds("update-count/src/lib.rs", "TIME_TO_QUARANTINE");
  const answer = seconds("update-count/src/lib.rs", "TIME_TO_ANSWER");
  assert.ok(quarantine > call);
  assert.ok(answer >= 1);
  assert.ok(timeout("likes-update") > 2 * call + quarantine + answer);
});
