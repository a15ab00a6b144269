import type { Followed } from "@likestream/client";
import { expect, test } from "vitest";
import { Panel, steps } from "./panel";

const like = {
  id: "01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
  movieId: "m",
  clickedAt: 1_000_000,
  target: 1,
  sent: true,
};
const states = (followed?: Followed) => steps(followed).map(({ state }) => state);

test("before a like, every step is pending", () => {
  expect(states()).toEqual(["ahead", "ahead", "ahead", "ahead", "unseen"]);
});

test("a like is followed step by step, with measured times", () => {
  const sending: Followed = { like, stage: { name: "sending" }, tries: 1 };
  expect(states(sending)).toEqual(["done", "now", "ahead", "ahead", "unseen"]);
  const accepted: Followed = { ...sending, stage: { name: "accepted" }, tries: 3, acceptedAt: 1_000_250 };
  expect(states(accepted)).toEqual(["done", "done", "done", "now", "unseen"]);
  expect(steps(accepted)[1]?.text).toBe("3 attempts with the same key");
  expect(steps(accepted)[2]?.text).toContain("After 250 ms");
  const counted: Followed = { ...accepted, stage: { name: "counted" }, countedAt: 1_001_750 };
  expect(states(counted)).toEqual(["done", "done", "done", "done", "unseen"]);
  expect(steps(counted)[3]?.text).toContain("1.5 s later");
});

test("a rejected like says why", () => {
  const rejected: Followed = { like, stage: { name: "rejected", detail: "out of form" }, tries: 1 };
  expect(states(rejected)).toEqual(["done", "failed", "ahead", "ahead", "unseen"]);
  expect(steps(rejected)[1]?.text).toBe("Not accepted: out of form");
  const abandoned: Followed = { ...rejected, stage: { name: "abandoned", detail: "it is too old" } };
  expect(states(abandoned)).toEqual(states(rejected));
  expect(steps(abandoned)[1]?.text).toBe("Given up: it is too old");
});

test("the panel marks the step in progress and says that it cannot see the archive", () => {
  const panel = new Panel();
  panel.update({ like, stage: { name: "sending" }, tries: 1 }, "A Film");
  const current = panel.element.querySelectorAll('[aria-current="step"]');
  expect([...current].map((row) => row.textContent)).toEqual(["Sent to API Gateway (in progress)Sending…"]);
  panel.update({ like, stage: { name: "accepted" }, tries: 1, acceptedAt: 1_000_100 }, "A Film");
  expect(panel.element.querySelectorAll("[aria-current]")).toHaveLength(1);
  expect(panel.element.textContent).toContain("This page cannot see the archive");
  expect(panel.element.textContent).toContain(like.id);
});
