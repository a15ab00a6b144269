import type { Followed } from "@likestream/client";
import { expect, test, vi } from "vitest";
import { FILMS } from "./films";
import { Panel } from "./panel";

const like = {
  id: "01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
  movieId: "m",
  clickedAt: Date.now() - 100,
  target: 1,
  sent: true,
};
const sending: Followed = { like, stage: { name: "sending" }, tries: 1 };
const [film] = FILMS;

test("the panel marks the step in progress and says that it cannot see the archive", () => {
  const panel = new Panel();
  panel.update(sending, film);
  const current = panel.element.querySelectorAll('[aria-current="step"]');
  expect([...current].map((row) => row.textContent)).toEqual([
    expect.stringMatching(/^API \(in progress\)[\d,]+ ms$/),
  ]);
  panel.update({ ...sending, stage: { name: "accepted" }, acceptedAt: Date.now() }, film);
  expect(panel.element.querySelectorAll("[aria-current]")).toHaveLength(1);
  expect(panel.element.textContent).toContain("This page cannot see the archive");
  expect(panel.element.textContent).toContain(like.id);
});

test("the like moves on, and the next one starts at the browser", () => {
  const panel = new Panel();
  const style = panel.element.querySelector<HTMLElement>(".progress")?.style as CSSStyleDeclaration;
  const places = vi.spyOn(style, "setProperty");
  const accepted: Followed = { ...sending, stage: { name: "accepted" }, acceptedAt: Date.now() };
  panel.update(accepted, film);
  panel.update({ ...accepted, stage: { name: "counted" } }, film);
  panel.update({ ...sending, like: { ...like, id: "another" } }, film);
  expect(places.mock.calls.map(([, at]) => at)).toEqual(["0", "0.5", "0.75", "0", "0.25"]);
});

test("the milliseconds run while a like is on its way", async () => {
  const panel = new Panel();
  panel.update(sending, film);
  const time = () => panel.element.querySelectorAll(".time")[1]?.textContent;
  for (let change = 0; change < 3; change += 1) {
    const before = time();
    await expect.poll(time).not.toBe(before);
  }
  panel.update(
    { ...sending, stage: { name: "counted" }, acceptedAt: like.clickedAt + 7, countedAt: like.clickedAt + 9 },
    film,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(time()).toBe("7 ms");
});
