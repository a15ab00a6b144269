import * as fs from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { randomHex, uuidv7 } from "./ids";

const { schemas } = JSON.parse(fs.readFileSync("../openapi.json", "utf8")).components;

afterEach(() => {
  vi.useRealTimers();
});

/** When an id was created, by its own time. */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

test("keys and user ids are what the API accepts, and no two are the same", () => {
  const keys = Array.from({ length: 1_000 }, uuidv7);
  const users = Array.from({ length: 1_000 }, () => randomHex(16));
  for (const key of keys) {
    expect(key).toMatch(new RegExp(schemas.IdempotencyKey.pattern));
  }
  for (const user of users) {
    expect(user).toMatch(/^[0-9a-f]{32}$/);
    expect(user).toMatch(new RegExp(schemas.UserId.pattern));
  }
  expect(new Set([...keys, ...users]).size).toBe(2_000);
  // Every digit but the version and the variant is random.
  const digits = keys.map((key) => key.slice(15));
  for (let at = 0; at < (digits[0]?.length ?? 0); at += 1) {
    const found = new Set(digits.map((one) => one[at])).size;
    expect(found, `digit ${at}`).toBe(at === 3 || at === 8 ? 1 : at === 4 ? 4 : 16);
  }
});

test("keys have the time of their creation and are in its order, however many there are in a millisecond", () => {
  vi.useFakeTimers({ now: 1_900_000_000_000 });
  const keys = Array.from({ length: 100 }, uuidv7);
  expect(keys.toSorted()).toEqual(keys);
  expect(timeOf(keys[0] ?? "")).toBe(1_900_000_000_000);
  expect(timeOf(keys[99] ?? "")).toBe(1_900_000_000_099);
  vi.setSystemTime(1_900_000_001_000);
  expect(timeOf(uuidv7())).toBe(1_900_000_001_000);
});

test("after the clock was set back, keys have its time again", () => {
  vi.useFakeTimers({ now: 2_000_000_000_000 });
  uuidv7();
  vi.setSystemTime(1_900_000_000_000);
  expect(timeOf(uuidv7())).toBe(1_900_000_000_000);
});
