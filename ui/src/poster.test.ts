import { expect, test } from "vitest";
import { FILMS } from "./films";
import { MOTIFS } from "./motifs";
import { draw } from "./poster";

test("no two films have the same motif, and no motif is unused", () => {
  const motifs = FILMS.map(({ poster }) => poster.motif);
  expect(motifs.toSorted()).toEqual(Object.keys(MOTIFS).toSorted());
});

test("no two posters are the same drawing in other colours", () => {
  const drawings = new Map<string, string>();
  for (const { title, poster } of FILMS) {
    const drawing = draw({ motif: poster.motif, colours: ["#111", "#777", "#eee"] }).innerHTML;
    expect(drawings.get(drawing), title).toBeUndefined();
    drawings.set(drawing, title);
  }
});
