import { expect, test } from "vitest";
import { pauseMs } from "./backoff";

test("pauses grow up to 30 seconds", () => {
  expect([1, 2, 3, 7, 8, 100].map((failures) => pauseMs(failures, 1))).toEqual([
    500, 1000, 2000, 30_000, 30_000, 30_000,
  ]);
});

test("half of a pause is random", () => {
  expect(pauseMs(3, 0)).toBe(1000);
  expect(pauseMs(3, 0.5)).toBe(1500);
});
