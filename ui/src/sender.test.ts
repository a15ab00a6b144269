import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Posted } from "./api";
import { type Like, newLike } from "./like";
import { Likes } from "./likes";
import { Outbox } from "./outbox";
import { Sender } from "./sender";

const THROTTLED: Posted = { outcome: "later", why: "throttled", afterMs: 0 };
const LOST: Posted = { outcome: "later", why: "network", afterMs: 0 };
const ACCEPTED: Posted = { outcome: "accepted" };

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  online(true);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function online(isOnline: boolean) {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
}

/** A tab whose API gives these answers in turn, then accepts everything. */
function tab(...answers: Posted[]) {
  const likes = new Likes();
  likes.confirm(new Map([["m", 0]]));
  const outbox = new Outbox(() => localStorage, "dev");
  const posted: Like[] = [];
  const post = async (like: Like) => {
    posted.push(like);
    return answers.shift() ?? ACCEPTED;
  };
  const stuck = vi.fn();
  const sender = new Sender({ post }, outbox, likes, () => {}, stuck);
  sender.resume();
  const stages = () => posted.map(({ id }) => likes.get(id)?.stage.name);
  return { sender, likes, outbox, posted, stages, stuck };
}

test("a like is stored before it is sent and removed once accepted", async () => {
  const { sender, outbox, likes } = tab();
  sender.like("m");
  expect(outbox.all()).toHaveLength(1);
  expect(likes.latest()?.stage.name).toBe("sending");
  await vi.runAllTimersAsync();
  expect(likes.latest()?.stage.name).toBe("accepted");
  expect(outbox.all()).toEqual([]);
});

test("a like that is throttled, fails or gets no answer is retried with the same key", async () => {
  const { sender, posted, likes, outbox } = tab(THROTTLED, LOST, THROTTLED);
  sender.like("m");
  await vi.advanceTimersByTimeAsync(0);
  expect(likes.latest()?.stage).toEqual({ name: "waiting", why: "throttled" });
  expect(outbox.all()).toHaveLength(1);
  await vi.runAllTimersAsync();
  expect(posted).toHaveLength(4);
  expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
  expect(likes.latest()).toMatchObject({ stage: { name: "accepted" }, tries: 4 });
});

test("nothing is sent before Retry-After has passed, not even by another click", async () => {
  const { sender, posted } = tab({ ...THROTTLED, afterMs: 60_000 });
  sender.like("m");
  await vi.advanceTimersByTimeAsync(59_000);
  sender.like("m");
  await vi.advanceTimersByTimeAsync(0);
  expect(posted).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(posted).toHaveLength(3);
});

test("nothing is sent offline, and everything is sent immediately once online", async () => {
  const { sender, posted, likes, stages } = tab();
  online(false);
  sender.like("m");
  sender.like("m");
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(posted).toEqual([]);
  expect(likes.latest()?.stage).toEqual({ name: "waiting", why: "offline" });
  online(true);
  sender.resume();
  await vi.advanceTimersByTimeAsync(0);
  expect(stages()).toEqual(["accepted", "accepted"]);
});

test("after a reload a like is sent with its key", async () => {
  const before = tab(LOST);
  before.sender.like("m");
  await vi.advanceTimersByTimeAsync(0);
  const [like] = before.outbox.all();
  const after = tab();
  after.sender.adopt(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(after.posted.map(({ id }) => id)).toEqual([like?.id]);
  expect(after.outbox.all()).toEqual([]);
});

test("another tab's like is left to that tab until it should have been sent", async () => {
  const [one, other] = [tab(LOST, { ...LOST, afterMs: 3_600_000 }), tab()];
  one.sender.like("m");
  await vi.advanceTimersByTimeAsync(20_000);
  other.sender.adopt();
  await vi.advanceTimersByTimeAsync(0);
  expect(other.posted).toEqual([]);
  await vi.advanceTimersByTimeAsync(15_000);
  other.sender.adopt();
  await vi.advanceTimersByTimeAsync(0);
  expect(other.stages()).toEqual(["accepted"]);
  // The first tab sees that the like was sent, and does not send it again.
  one.sender.resume();
  await vi.advanceTimersByTimeAsync(0);
  expect(one.posted).toHaveLength(2);
  expect(one.likes.latest()?.stage.name).toBe("accepted");
});

test("a rejected like is not retried and does not block others", async () => {
  const { sender, posted, stages, outbox } = tab({ outcome: "rejected", detail: "out of form" });
  sender.like("m");
  sender.like("m");
  await vi.runAllTimersAsync();
  expect(posted).toHaveLength(2);
  expect(stages()).toEqual(["rejected", "accepted"]);
  expect(outbox.all()).toEqual([]);
});

test("a like older than a day is replaced if it was never sent, and given up otherwise", async () => {
  const { sender, outbox, posted, likes } = tab();
  const [never, sent] = [newLike("m", 1), { ...newLike("m", 2), sent: true }];
  outbox.put(never);
  outbox.put(sent);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  sender.adopt(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.id).not.toBe(never.id);
  expect(posted[0]?.movieId).toBe("m");
  expect(likes.get(posted[0]?.id ?? "")?.stage.name).toBe("accepted");
  expect(likes.get(sent.id)?.stage.name).toBe("rejected");
  expect(outbox.all()).toEqual([]);
});

test("a click before the counts arrive waits for them, but not for long", async () => {
  const posted: Like[] = [];
  const outbox = new Outbox(() => localStorage, "dev");
  const likes = new Likes();
  const post = async (like: Like) => {
    posted.push(like);
    return ACCEPTED;
  };
  const sender = new Sender({ post }, outbox, likes, () => {});
  sender.like("m");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(posted).toEqual([]);
  likes.confirm(new Map([["m", 3]]));
  sender.resume();
  await vi.advanceTimersByTimeAsync(0);
  expect(posted.map(({ target }) => target)).toEqual([4]);

  const late = new Sender({ post }, outbox, new Likes(), () => {});
  late.like("m");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(posted).toHaveLength(2);
});

test("a replaced like is counted after likes clicked in the meantime", async () => {
  const { sender, outbox, likes } = tab();
  outbox.put(newLike("m", 1));
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  outbox.put(newLike("m", 2));
  sender.adopt(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(likes.shown("m")).toBe(2);
  expect(likes.confirm(new Map([["m", 1]]))).toHaveLength(1);
  expect(likes.confirm(new Map([["m", 2]]))).toHaveLength(1);
});

test("100 clicks are 100 likes, sent a few at a time", async () => {
  const { sender, posted, outbox, likes } = tab(THROTTLED, LOST);
  for (let click = 0; click < 100; click += 1) {
    sender.like("m");
  }
  expect(posted.length).toBeLessThan(10);
  await vi.runAllTimersAsync();
  expect(new Set(posted.map(({ id }) => id)).size).toBe(100);
  expect(outbox.all()).toEqual([]);
  expect(likes.shown("m")).toBe(100);
});

test("sending is reported as stuck from the third consecutive failure until a like gets through", async () => {
  const { sender, stuck } = tab(LOST, THROTTLED, LOST, LOST);
  sender.like("m");
  await vi.advanceTimersByTimeAsync(0);
  expect(sender.isStuck).toBe(false);
  while (stuck.mock.calls.length === 0) {
    await vi.advanceTimersToNextTimerAsync();
  }
  expect(sender.isStuck).toBe(true);
  await vi.runAllTimersAsync();
  expect(stuck).toHaveBeenCalledTimes(2);
  expect(sender.isStuck).toBe(false);
});
