import { beforeEach, expect, test } from "vitest";
import { FallbackStorage } from "./storage";
import { Visitor } from "./visitor";

beforeEach(() => {
  localStorage.clear();
});

const visitor = (name = "dev") => new Visitor(new FallbackStorage(() => localStorage), name);

test("a visitor has no id before it is needed, and then the same one in all tabs and after a reload", () => {
  const [tab, other] = [visitor(), visitor()];
  expect(tab.id).toBeUndefined();
  expect(localStorage).toHaveLength(0);
  const id = tab.identify();
  expect([tab.id, other.id, other.identify(), visitor().identify()]).toEqual([id, id, id, id]);
});

test("each API is given another id", () => {
  expect(visitor("one").identify()).not.toBe(visitor("other").identify());
});
