import { beforeEach, expect, test } from "vitest";
import { newLike } from "./like";
import { Outbox, type Store } from "./outbox";

const STACK = "dev";

beforeEach(() => {
  localStorage.clear();
});

test("a like is visible to other tabs and after a reload until it is removed", () => {
  const like = newLike("m", 4);
  new Outbox(() => localStorage, STACK).put(like);
  const other = new Outbox(() => localStorage, STACK);
  expect(other.all()).toEqual([like]);
  expect(other.has(like.id)).toBe(true);
  other.remove(like.id);
  expect(new Outbox(() => localStorage, STACK).all()).toEqual([]);
});

test("likes of two tabs do not overwrite each other", () => {
  const [one, other] = [new Outbox(() => localStorage, STACK), new Outbox(() => localStorage, STACK)];
  const likes = [newLike("a", 1), newLike("b", 1), newLike("c", null)];
  likes.forEach((like, index) => {
    (index % 2 ? one : other).put(like);
  });
  expect(one.all()).toHaveLength(3);
  expect(new Set(other.all())).toEqual(new Set(likes));
});

test("likes are listed in the order of their clicks", () => {
  const outbox = new Outbox(() => localStorage, STACK);
  const likes = [newLike("a", 1), newLike("b", 1), newLike("c", 1)];
  for (const like of likes.toReversed()) {
    outbox.put(like);
  }
  expect(outbox.all().map(({ movieId }) => movieId)).toEqual(["a", "b", "c"]);
});

test("other stacks' likes and entries that are not likes are left alone", () => {
  const other = new Outbox(() => localStorage, "prod");
  other.put(newLike("m", 1));
  localStorage.setItem(`likestream ${STACK} x`, "{");
  localStorage.setItem(`likestream ${STACK} y`, '{"id":"z","movieId":"m"}');
  localStorage.setItem("unrelated", "1");
  expect(new Outbox(() => localStorage, STACK).all()).toEqual([]);
  expect(other.all()).toHaveLength(1);
});

test("likes stored under the URL of an API are migrated once", () => {
  const [like, other] = [newLike("m", 4), newLike("n", null)];
  localStorage.setItem(`likestream https://old.example/v1 ${like.id}`, JSON.stringify(like));
  localStorage.setItem(`likestream http://127.0.0.1:4566/x ${other.id}`, JSON.stringify(other));
  expect(new Outbox(() => localStorage, STACK).all()).toEqual([like, other]);
  expect(new Outbox(() => localStorage, "prod").all()).toEqual([]);
  expect(localStorage).toHaveLength(2);
});

const forbidden = (): never => {
  throw new DOMException("no", "QuotaExceededError");
};
const full: Store = {
  getItem: forbidden,
  setItem: forbidden,
  removeItem: forbidden,
  key: forbidden,
  length: 1,
};

test.each([
  ["is full", () => full],
  ["is forbidden", forbidden],
])("if the storage %s, likes are kept while the page is open and reported as not safe", (_, store) => {
  const outbox = new Outbox(store, STACK);
  expect(outbox.isSafe).toBe(true);
  const like = newLike("m", 1);
  outbox.put(like);
  expect(outbox.isSafe).toBe(false);
  expect(outbox.all()).toEqual([like]);
  expect(outbox.has(like.id)).toBe(true);
  outbox.remove(like.id);
  expect(outbox.all()).toEqual([]);
});
