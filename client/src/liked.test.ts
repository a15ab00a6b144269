import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Liked } from "./liked";
import { FallbackStorage } from "./storage";

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const liked = (name = "dev") => new Liked(new FallbackStorage(() => localStorage), name);
const like = { userId: "ann", movieId: "m" };

test("a like is remembered after a reload and in other tabs, for its user, its movie and its name", () => {
  liked().add(like);
  expect(liked().has("ann", "m")).toBe(true);
  expect([liked().has("bob", "m"), liked().has("ann", "n"), liked("prod").has("ann", "m")]).toEqual([
    false,
    false,
    false,
  ]);
  liked().remove(like);
  expect(liked().has("ann", "m")).toBe(false);
});

test("an anonymous like is not remembered", () => {
  liked().add({ movieId: "m" });
  expect(liked().has(undefined, "m")).toBe(false);
  expect(localStorage).toHaveLength(0);
});

test("a like is forgotten if the movie had likes and has none: its stack was created again", () => {
  liked().add(like);
  // It waits to be counted, for however long.
  vi.advanceTimersByTime(3_600_000);
  liked().confirm("ann", "m", 0);
  liked().confirm("ann", "m", 1);
  expect(liked().has("ann", "m")).toBe(true);
  // An old read.
  vi.advanceTimersByTime(60_000);
  liked().confirm("ann", "m", 0);
  expect(liked().has("ann", "m")).toBe(true);
  vi.advanceTimersByTime(1);
  liked().confirm("ann", "m", 1);
  liked().confirm("bob", "m", 0);
  liked().confirm(undefined, "m", 0);
  expect(liked().has("ann", "m")).toBe(true);
  liked().confirm("ann", "m", 0);
  expect(liked().has("ann", "m")).toBe(false);
});
