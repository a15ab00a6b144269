import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { Turnstile } from "./turnstile";

test("a limited number of tasks run at once, others wait in turn, and the rest are rejected", async () => {
  const turnstile = new Turnstile(2, 2);
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const callers = ["a", "b", "c", "d", "e"].map((name) => ({ name, events: new EventEmitter() }));
  const passes = callers.map(({ name, events }) =>
    turnstile.pass(events, () => {
      begun.push(name);
      return new Promise((resolve) => ends.push(resolve));
    }),
  );
  assert.equal(await passes[4], false);
  assert.deepEqual(begun, ["a", "b"]);
  callers[2]?.events.emit("close");
  ends[0]?.();
  assert.deepEqual(await Promise.all([passes[0], passes[2]]), [true, true]);
  assert.deepEqual(begun, ["a", "b", "d"]);
  ends[1]?.();
  ends[2]?.();
  await Promise.all(passes);
  assert.equal(await turnstile.pass(new EventEmitter(), async () => {}), true);
});
