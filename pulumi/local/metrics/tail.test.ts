import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { Tail } from "./tail";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tail-"));
after(() => fs.rmSync(folder, { recursive: true }));

let number = 0;
function newLog(): string {
  number += 1;
  return path.join(folder, `${number}.log`);
}

test("each line is read once, when it is complete, and a log need not exist yet", () => {
  const log = newLog();
  const tail = new Tail(log);
  assert.deepEqual([...tail.lines()], []);
  fs.writeFileSync(log, "one\ntw");
  assert.deepEqual([...tail.lines()], ["one"]);
  fs.appendFileSync(log, "o\nthree\n");
  assert.deepEqual([...tail.lines()], ["two", "three"]);
  assert.deepEqual([...tail.lines()], []);
});

test("a reader that is restarted goes on behind the last complete line", () => {
  const log = newLog();
  fs.writeFileSync(log, "one\ntw");
  const tail = new Tail(log);
  assert.deepEqual([...tail.lines()], ["one"]);
  fs.appendFileSync(log, "o\n");
  assert.deepEqual([...new Tail(log, tail.position).lines()], ["two"]);
});

test("a log that begins anew is read from its start, and the former one to its end", () => {
  const log = newLog();
  fs.writeFileSync(log, "one\n");
  const tail = new Tail(log);
  assert.deepEqual([...tail.lines()], ["one"]);
  fs.appendFileSync(log, "two\n");
  fs.rmSync(log);
  fs.writeFileSync(log, "three\n");
  assert.deepEqual([...tail.lines()], ["two", "three"]);
});

test("a log is longer than what is read at once, and a line too", () => {
  const log = newLog();
  const lines = Array.from({ length: 50_000 }, (_, line) => `line ${line} é`);
  lines[7] = "é".repeat(200_000);
  fs.writeFileSync(log, `${lines.join("\n")}\n`);
  assert.deepEqual([...new Tail(log).lines()], lines);
});
