import { beforeEach, expect, test } from "vitest";
import { newLike } from "./like";
import { Outbox } from "./outbox";
import { FallbackStorage } from "./storage";

const STACK = "dev";

/** An outbox of another tab, or after a reload. */
function outbox(name = STACK): Outbox {
  return new Outbox(new FallbackStorage(() => localStorage), name);
}

beforeEach(() => {
  localStorage.clear();
});

test("a like is visible to other tabs and after a reload until it is removed", () => {
  const like = newLike("m", 4);
  outbox().put(like);
  const other = outbox();
  expect(other.all()).toEqual([like]);
  expect(other.has(like.id)).toBe(true);
  other.remove(like.id);
  expect(outbox().all()).toEqual([]);
});

test("likes of two tabs do not overwrite each other", () => {
  const [one, other] = [outbox(), outbox()];
  const likes = [newLike("a", 1), newLike("b", 1), newLike("c", null)];
  likes.forEach((like, index) => {
    (index % 2 ? one : other).put(like);
  });
  expect(one.all()).toHaveLength(3);
  expect(new Set(other.all())).toEqual(new Set(likes));
});

test("likes are listed in the order of their clicks", () => {
  const one = outbox();
  const likes = [newLike("a", 1), newLike("b", 1), newLike("c", 1)];
  for (const like of likes.toReversed()) {
    one.put(like);
  }
  expect(one.all().map(({ movieId }) => movieId)).toEqual(["a", "b", "c"]);
});

test("other stacks' likes and entries that are not likes are left alone", () => {
  const other = outbox("prod");
  other.put(newLike("m", 1));
  localStorage.setItem(`likestream ${STACK} x`, "{");
  localStorage.setItem(`likestream ${STACK} y`, '{"id":"z","movieId":"m"}');
  localStorage.setItem("unrelated", "1");
  expect(outbox().all()).toEqual([]);
  expect(other.all()).toHaveLength(1);
});

test("a like that cannot be stored is kept while the page is open, and reported as not safe", () => {
  const full = { ...localStorage, length: 0, key: () => null, getItem: () => null, removeItem: () => {} };
  const setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const one = new Outbox(new FallbackStorage(() => ({ ...full, setItem })), STACK);
  expect(one.isSafe).toBe(true);
  const like = newLike("m", 1);
  expect(one.put(like)).toBe(false);
  expect([one.isSafe, one.has(like.id)]).toEqual([false, true]);
  expect(one.all()).toEqual([like]);
  one.remove(like.id);
  expect([one.isSafe, one.all()]).toEqual([true, []]);
});
