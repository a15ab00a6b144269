import { afterEach, expect, test, vi } from "vitest";
import { newLike } from "./like";
import { Tracker } from "./tracker";

afterEach(() => {
  vi.useRealTimers();
});

function counts(count: number, movieId = "m") {
  return new Map([[movieId, count]]);
}

function known(count: number): Tracker {
  const likes = new Tracker();
  likes.confirm(counts(count));
  return likes;
}

test("no count is shown before one is known", () => {
  const likes = new Tracker();
  expect(likes.shown("m")).toBeUndefined();
  likes.click("m");
  expect(likes.shown("m")).toBeUndefined();
});

test("a click is shown immediately, and is not added again once confirmed", () => {
  const likes = known(4);
  const like = likes.click("m");
  expect([likes.shown("m"), likes.isOptimistic("m")]).toEqual([5, true]);
  likes.sending(like.id);
  likes.accepted(like.id);
  expect(likes.awaiting).toBe(1);
  expect(likes.confirm(counts(4))).toEqual([]);
  expect(likes.shown("m")).toBe(5);
  expect(likes.confirm(counts(5))).toEqual([like]);
  expect([likes.shown("m"), likes.isOptimistic("m"), likes.awaiting]).toEqual([5, false, 0]);
  expect(likes.get(like.id)).toMatchObject({ stage: { name: "counted" }, tries: 1 });
});

test("likes by others never make the page show too many", () => {
  const likes = known(4);
  const like = likes.click("m");
  likes.accepted(like.id);
  likes.confirm(counts(7));
  expect(likes.shown("m")).toBe(7);
});

test("several clicks are several likes, counted one after another", () => {
  const likes = known(0);
  const clicked = [likes.click("m"), likes.click("m"), likes.click("m")];
  expect(likes.shown("m")).toBe(3);
  for (const like of clicked) {
    likes.accepted(like.id);
  }
  likes.confirm(counts(2));
  expect(clicked.map(({ id }) => likes.get(id)?.stage.name)).toEqual(["counted", "counted", "accepted"]);
  expect(likes.shown("m")).toBe(3);
});

test("a like counted before its answer arrives is marked as counted once accepted", () => {
  const likes = known(4);
  const like = likes.click("m");
  likes.sending(like.id);
  likes.waiting(like.id, "network");
  likes.confirm(counts(5));
  expect(likes.shown("m")).toBe(5);
  expect(likes.get(like.id)?.stage.name).toBe("waiting");
  likes.accepted(like.id);
  likes.confirm(counts(5));
  expect(likes.get(like.id)?.stage.name).toBe("counted");
});

test("a like from before a reload is not added to a count that includes it", () => {
  const before = known(4);
  const like = before.click("m");
  const after = new Tracker();
  after.follow(like);
  after.confirm(counts(5));
  expect(after.shown("m")).toBe(5);
});

test("a rejected like is undone, also in the targets of later likes", () => {
  const likes = known(4);
  const [one, other] = [likes.click("m"), likes.click("m")];
  likes.accepted(other.id);
  likes.end(one.id, { name: "rejected", detail: "out of form" });
  expect(likes.shown("m")).toBe(5);
  likes.confirm(counts(5));
  expect(likes.get(other.id)?.stage.name).toBe("counted");
  expect(likes.get(one.id)?.stage).toEqual({ name: "rejected", detail: "out of form" });
});

test("a late answer does not lower a count", () => {
  const likes = known(4);
  likes.confirm(counts(3));
  expect(likes.shown("m")).toBe(4);
});

test("a like sent before a count was known is never marked as counted, since the count may include it", () => {
  const likes = new Tracker();
  const like = likes.click("m");
  likes.sending(like.id);
  likes.accepted(like.id);
  likes.confirm(counts(9));
  expect(likes.shown("m")).toBe(9);
  likes.confirm(counts(10));
  expect(likes.get(like.id)?.stage.name).toBe("accepted");
  expect(likes.awaiting).toBe(0);
});

test("a like clicked before a count was known but sent after it is counted like any other", () => {
  const likes = new Tracker();
  const [one, other] = [likes.click("m"), likes.click("m")];
  likes.confirm(counts(9));
  expect(likes.shown("m")).toBe(11);
  for (const { id } of [one, other]) {
    likes.sending(id);
    likes.accepted(id);
  }
  likes.confirm(counts(10));
  expect([one, other].map(({ id }) => likes.get(id)?.stage.name)).toEqual(["counted", "accepted"]);
});

test("a movie's likes do not affect another movie", () => {
  const likes = known(4);
  likes.confirm(counts(1, "other"));
  likes.click("m");
  expect(likes.shown("other")).toBe(1);
  expect(likes.latestOf("other")).toBeUndefined();
});

test("a like is followed only once", () => {
  const likes = known(0);
  const like = newLike("m", 1);
  likes.follow(like);
  likes.sending(like.id);
  likes.follow(like);
  expect(likes.get(like.id)?.tries).toBe(1);
  expect(likes.latestOf("m")?.like).toEqual(like);
});

test("a like clicked before its stack was recreated does not make a count too high", () => {
  const [first, second] = [newLike("m", 41), newLike("m", 42)];
  const likes = known(3);
  likes.follow(first);
  likes.follow(second);
  expect(likes.shown("m")).toBe(5);
  likes.accepted(first.id);
  expect(likes.confirm(counts(4))).toMatchObject([{ id: first.id }]);

  const same = known(41);
  same.follow(second);
  expect(same.shown("m")).toBe(42);
});

test("a user's like that is not counted within a minute may be a second one, and no longer raises the count", () => {
  vi.useFakeTimers();
  const likes = known(4);
  const [user, anonymous] = [likes.click("m", "ann"), likes.click("m")];
  likes.accepted(user.id);
  likes.accepted(anonymous.id);
  vi.advanceTimersByTime(60_000);
  expect([likes.shown("m"), likes.awaiting]).toEqual([6, 2]);
  likes.end(anonymous.id, { name: "rejected", detail: "out of form" });
  vi.advanceTimersByTime(1);
  expect([likes.shown("m"), likes.isOptimistic("m"), likes.awaiting]).toEqual([4, false, 0]);
  likes.confirm(counts(5));
  expect(likes.latestOf("m", "ann")?.stage.name).toBe("counted");
});

test("an anonymous like raises the count for as long as it takes to be counted", () => {
  vi.useFakeTimers();
  const likes = known(4);
  likes.accepted(likes.click("m").id);
  vi.advanceTimersByTime(3_600_000);
  expect([likes.shown("m"), likes.awaiting]).toEqual([5, 1]);
});

test("users' likes are told apart", () => {
  const likes = known(0);
  const [ann, bob] = [likes.click("m", "ann"), likes.click("m", "bob")];
  expect(likes.latestOf("m", "ann")?.like.id).toBe(ann.id);
  expect(likes.latestOf("m", "bob")?.like.id).toBe(bob.id);
  expect(likes.latestOf("m")).toBeUndefined();
});

test("movies are polled while a like is on its way or waits to be counted", () => {
  const likes = known(0);
  const like = likes.click("m");
  expect(likes.unsettled()).toEqual(["m"]);
  likes.waiting(like.id, "offline");
  expect(likes.unsettled()).toEqual(["m"]);
  likes.accepted(like.id);
  expect(likes.unsettled()).toEqual(["m"]);
  likes.confirm(counts(1));
  expect(likes.unsettled()).toEqual([]);
});
