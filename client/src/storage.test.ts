import { beforeEach, expect, test } from "vitest";
import { FallbackStorage, type Store } from "./storage";

beforeEach(() => {
  localStorage.clear();
});

const forbidden = (): never => {
  throw new DOMException("no", "SecurityError");
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
  ["is missing", () => undefined],
])("a store that %s is replaced by memory", (_, store) => {
  const storage = new FallbackStorage(store);
  expect(storage.isSafe("a ")).toBe(true);
  expect(storage.set("a 1", "one")).toBe(false);
  expect([storage.isSafe("a "), storage.isSafe("b ")]).toEqual([false, true]);
  expect([storage.get("a 1"), storage.get("a 2")]).toEqual(["one", null]);
  expect(storage.keys("a ")).toEqual(["a 1"]);
  storage.remove("a 1");
  expect([storage.get("a 1"), storage.keys("a "), storage.isSafe("a ")]).toEqual([null, [], true]);
});

test("what is stored is shared and safe, and moves from memory to the store as soon as that takes it", () => {
  let store: Store = full;
  const storage = new FallbackStorage(() => store);
  storage.set("a 1", "one");
  store = localStorage;
  expect(storage.set("a 1", "two")).toBe(true);
  expect([storage.isSafe("a "), localStorage.getItem("a 1")]).toEqual([true, "two"]);
  localStorage.setItem("a 1", "three");
  localStorage.setItem("b", "other");
  expect([storage.get("a 1"), storage.keys("a ")]).toEqual(["three", ["a 1"]]);
});
