import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Posted } from "./api";
import { type Like, newLike } from "./like";
import { Liked } from "./liked";
import { Outbox } from "./outbox";
import { Sender } from "./sender";
import { FallbackStorage, type Store } from "./storage";
import { Tracker } from "./tracker";

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
  return opened(new Map([["m", 0]]), answers);
}

/** A tab with these counts. */
function opened(
  counts: Map<string, number>,
  answers: Posted[] = [],
  store: () => Store = () => localStorage,
) {
  const tracker = new Tracker();
  tracker.confirm(counts);
  const storage = new FallbackStorage(store);
  const outbox = new Outbox(storage, "dev");
  const liked = new Liked(storage, "dev");
  const posted: Like[] = [];
  const post = async (like: Like) => {
    posted.push(like);
    return answers.shift() ?? ACCEPTED;
  };
  const stuck = vi.fn();
  const sender = new Sender({ api: { post }, outbox, liked, tracker, stuck });
  sender.resume();
  const stages = () => posted.map(({ id }) => tracker.get(id)?.stage.name);
  const latest = () => tracker.latestOf("m");
  return { sender, tracker, outbox, liked, posted, stages, latest, stuck };
}

test("a like is stored before it is sent and removed once accepted", async () => {
  const { sender, outbox, latest } = tab();
  sender.like("m");
  expect(outbox.all()).toHaveLength(1);
  expect(latest()?.stage.name).toBe("sending");
  await vi.runAllTimersAsync();
  expect(latest()?.stage.name).toBe("accepted");
  expect(outbox.all()).toEqual([]);
});

test("a like that is throttled, fails or gets no answer is retried with the same key", async () => {
  const { sender, posted, latest, outbox } = tab(THROTTLED, LOST, THROTTLED);
  sender.like("m");
  await vi.advanceTimersByTimeAsync(0);
  expect(latest()?.stage).toEqual({ name: "waiting", why: "throttled" });
  expect(outbox.all()).toHaveLength(1);
  await vi.runAllTimersAsync();
  expect(posted).toHaveLength(4);
  expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
  expect(latest()).toMatchObject({ stage: { name: "accepted" }, tries: 4 });
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
  const { sender, posted, latest, stages } = tab();
  online(false);
  sender.like("m");
  sender.like("m");
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(posted).toEqual([]);
  expect(latest()?.stage).toEqual({ name: "waiting", why: "offline" });
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
  expect(one.latest()?.stage.name).toBe("accepted");
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
  const { sender, outbox, posted, tracker } = tab();
  const [never, sent] = [newLike("m", 1), { ...newLike("m", 2), sent: true }];
  outbox.put(never);
  outbox.put(sent);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  sender.adopt(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(posted).toHaveLength(1);
  expect(posted[0]?.id).not.toBe(never.id);
  expect(posted[0]?.movieId).toBe("m");
  expect(tracker.get(posted[0]?.id ?? "")?.stage.name).toBe("accepted");
  expect(tracker.get(sent.id)?.stage.name).toBe("abandoned");
  expect(outbox.all()).toEqual([]);
});

test("a click before the counts arrive waits for them, but not for long", async () => {
  const { sender, posted, tracker } = opened(new Map());
  sender.like("m");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(posted).toEqual([]);
  expect(tracker.latestOf("m")?.stage.name).toBe("queued");
  tracker.confirm(new Map([["m", 3]]));
  sender.pump();
  expect(posted.map(({ target }) => target)).toEqual([4]);
  await vi.advanceTimersByTimeAsync(0);

  const late = opened(new Map());
  late.sender.like("m");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(late.posted.map(({ target }) => target)).toEqual([null]);
});

test("a replaced like is counted after likes clicked in the meantime", async () => {
  const { sender, outbox, tracker } = tab();
  outbox.put(newLike("m", 1));
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  outbox.put(newLike("m", 2));
  sender.adopt(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(tracker.shown("m")).toBe(2);
  expect(tracker.confirm(new Map([["m", 1]]))).toHaveLength(1);
  expect(tracker.confirm(new Map([["m", 2]]))).toHaveLength(1);
});

test("100 clicks are 100 likes, sent a few at a time", async () => {
  const { sender, posted, outbox, tracker } = tab(THROTTLED, LOST);
  for (let click = 0; click < 100; click += 1) {
    sender.like("m");
  }
  expect(posted.length).toBeLessThan(10);
  await vi.runAllTimersAsync();
  expect(new Set(posted.map(({ id }) => id)).size).toBe(100);
  expect(outbox.all()).toEqual([]);
  expect(tracker.shown("m")).toBe(100);
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

test("a user's like is remembered while it waits and once it is accepted, and forgotten if it is rejected", async () => {
  const { sender, liked, posted } = tab(LOST, { outcome: "rejected", detail: "out of form" });
  sender.like("m", "ann");
  expect([liked.has("ann", "m"), liked.has("bob", "m")]).toEqual([true, false]);
  await vi.runAllTimersAsync();
  expect(posted.map(({ userId }) => userId)).toEqual(["ann", "ann"]);
  expect(liked.has("ann", "m")).toBe(false);
  sender.like("m", "ann");
  await vi.runAllTimersAsync();
  expect(liked.has("ann", "m")).toBe(true);
});

test("a like that cannot be stored is remembered only once it is accepted", async () => {
  const key = "likestream-liked dev ann m";
  let isFull = true;
  const store: Store = {
    getItem: (key) => localStorage.getItem(key),
    setItem: (key, value) => {
      if (isFull) {
        throw new DOMException("full", "QuotaExceededError");
      }
      localStorage.setItem(key, value);
    },
    removeItem: (key) => localStorage.removeItem(key),
    key: (index) => localStorage.key(index),
    length: 0,
  };
  const { sender, outbox } = opened(new Map([["m", 0]]), [LOST], () => store);
  sender.like("m", "ann");
  isFull = false;
  await vi.advanceTimersByTimeAsync(0);
  expect([outbox.isSafe, localStorage.getItem(key)]).toEqual([false, null]);
  await vi.runAllTimersAsync();
  expect([outbox.isSafe, localStorage.getItem(key)]).toEqual([true, "0"]);
});

test("a user's like older than a day is sent with a new key, even if it may have been accepted", async () => {
  const { sender, outbox, posted, tracker, latest } = tab();
  const old = { ...newLike("m", 1, "ann"), sent: true };
  outbox.put(old);
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  sender.adopt(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(posted).toMatchObject([{ userId: "ann", movieId: "m", target: null }]);
  expect(posted[0]?.id).not.toBe(old.id);
  expect(outbox.all()).toEqual([]);
  expect(latest()).toBeUndefined();
  expect(tracker.latestOf("m", "ann")?.stage.name).toBe("accepted");
  // The old one may be in the count already.
  expect(tracker.shown("m")).toBe(0);
});

test("a sender that is closed sends nothing more, and leaves its likes to the next", async () => {
  const { sender, posted, outbox } = tab(LOST);
  sender.like("m");
  await vi.advanceTimersByTimeAsync(0);
  sender.close();
  sender.adopt(true);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(posted).toHaveLength(1);
  expect(outbox.all()).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
