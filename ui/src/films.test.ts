import { expect, test } from "vitest";
import { choose, FILMS } from "./films";

const titles = (...args: Parameters<typeof choose>) => choose(...args).map(({ title }) => title);

test("there are 24 different films with ids that the API accepts", () => {
  expect(new Set(FILMS.map(({ id }) => id)).size).toBe(24);
  for (const { id, line } of FILMS) {
    expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
    expect(line).not.toBe("");
  }
});

test("a search matches all of its words in any order, ignoring case and accents", () => {
  expect(titles("AMELIE", "title", () => 0)).toEqual(["Amélie"]);
  expect(titles("  1994 hope ", "title", () => 0)).toEqual(["The Shawshank Redemption"]);
  expect(titles("ring fellowship", "title", () => 0)).toEqual(["The Fellowship of the Ring"]);
  expect(titles("no such film", "title", () => 0)).toEqual([]);
});

test("films are sorted in the chosen order", () => {
  expect(titles("", "title", () => 0).slice(0, 6)).toEqual([
    "12 Angry Men",
    "2001: A Space Odyssey",
    "Alien",
    "Amélie",
    "Back to the Future",
    "The Big Lebowski",
  ]);
  expect(titles("", "year", () => 0)[0]).toBe("Metropolis");
  const likes = (id: string) => ({ tt0133093: 5, tt0078748: 7 })[id] ?? 0;
  expect(titles("", "likes", likes).slice(0, 3)).toEqual(["Alien", "The Matrix", "12 Angry Men"]);
});
