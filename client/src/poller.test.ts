import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { intervalMs, Poller } from "./poller";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A poller that has started. */
function start(poll: () => Promise<boolean>, isAwaiting = false, isNeeded = () => true): Poller {
  const poller = new Poller({ poll, isNeeded, isAwaiting: () => isAwaiting });
  poller.hurry();
  return poller;
}

function hide(isHidden: boolean) {
  vi.spyOn(document, "hidden", "get").mockReturnValue(isHidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("polls are frequent while a like waits to be counted, and rarer when nothing changes", () => {
  expect([0, 1, 2, 20].map((unchanged) => intervalMs(true, unchanged))).toEqual([300, 450, 675, 10_000]);
  expect([0, 1, 20].map((unchanged) => intervalMs(false, unchanged))).toEqual([4000, 6000, 60_000]);
});

test("polling starts immediately and repeats", async () => {
  const poll = vi.fn(async () => true);
  start(poll);
  await vi.advanceTimersByTimeAsync(0);
  expect(poll).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(poll).toHaveBeenCalledTimes(3);
});

test("a hidden tab does not poll, and polls immediately when it is shown", async () => {
  const poll = vi.fn(async () => false);
  const poller = start(poll, true);
  document.addEventListener("visibilitychange", () => poller.hurry());
  await vi.advanceTimersByTimeAsync(0);
  hide(true);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(poll).toHaveBeenCalledTimes(1);
  hide(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(poll).toHaveBeenCalledTimes(2);
});

test("polls do not overlap, and one that was asked for during another follows it", async () => {
  let answer = () => {};
  const poll = vi.fn(() => new Promise<boolean>((resolve) => (answer = () => resolve(true))));
  const poller = start(poll, true);
  await vi.advanceTimersByTimeAsync(0);
  poller.hurry();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(poll).toHaveBeenCalledTimes(1);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(poll).toHaveBeenCalledTimes(2);
});

test("nothing is polled while there is nothing to poll for, or after the end", async () => {
  const poll = vi.fn(async () => true);
  let isNeeded = false;
  const poller = start(poll, false, () => isNeeded);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(poll).not.toHaveBeenCalled();
  isNeeded = true;
  poller.hurry();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(poll).toHaveBeenCalledTimes(2);
  poller.close();
  poller.hurry();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(poll).toHaveBeenCalledTimes(2);
});
