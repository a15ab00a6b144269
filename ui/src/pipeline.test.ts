import type { Followed } from "@likestream/client";
import { expect, test } from "vitest";
import { progress, steps } from "./pipeline";

const like = {
  id: "01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
  movieId: "m",
  clickedAt: 1_000_000,
  target: 1,
  sent: true,
};
const states = (followed?: Followed) => steps(followed).map(({ state }) => state);
const times = (followed: Followed, now: number) => steps(followed, now).map(({ time }) => time);

test("before a like, every step is pending", () => {
  expect(states()).toEqual(["ahead", "ahead", "ahead", "ahead", "unseen"]);
  expect(steps(undefined).map(({ time }) => time)).toEqual(["", "", "", "", ""]);
  expect(progress(undefined)).toBe(0);
});

test("a like is followed step by step, with measured times", () => {
  const sending: Followed = { like, stage: { name: "sending" }, tries: 1 };
  expect(states(sending)).toEqual(["done", "now", "ahead", "ahead", "unseen"]);
  expect(times(sending, 1_000_120).slice(1)).toEqual(["120 ms", "", "", "≈ 1 min"]);
  const accepted: Followed = { ...sending, stage: { name: "accepted" }, tries: 3, acceptedAt: 1_000_250 };
  expect(states(accepted)).toEqual(["done", "done", "now", "ahead", "unseen"]);
  expect(steps(accepted)[1]?.text).toContain("3 attempts with the same key");
  expect(times(accepted, 1_000_300).slice(1)).toEqual(["250 ms", "+50 ms", "", "≈ 1 min"]);
  const counted: Followed = { ...accepted, stage: { name: "counted" }, countedAt: 1_001_750 };
  expect(states(counted)).toEqual(["done", "done", "done", "done", "unseen"]);
  expect(times(counted, 9_999_999).slice(1)).toEqual(["250 ms", "+1,500 ms", "=1,750 ms", "≈ 1 min"]);
  expect([sending, accepted, counted].map(progress)).toEqual([1 / 4, 2 / 4, 3 / 4]);
});

test("a rejected like says why", () => {
  const rejected: Followed = { like, stage: { name: "rejected", detail: "out of form" }, tries: 1 };
  expect(states(rejected)).toEqual(["done", "failed", "ahead", "ahead", "unseen"]);
  expect(steps(rejected)[1]?.text).toBe("Not accepted: out of form");
  const abandoned: Followed = { ...rejected, stage: { name: "abandoned", detail: "it is too old" } };
  expect(states(abandoned)).toEqual(states(rejected));
  expect(steps(abandoned)[1]?.text).toBe("Given up: it is too old");
});
