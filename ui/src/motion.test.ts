import { afterEach, expect, test, vi } from "vitest";
import { fly, glide, roll } from "./motion";

const animate = vi.fn(() => ({ finished: new Promise(() => {}) }));
Element.prototype.animate = animate as unknown as Element["animate"];

afterEach(() => {
  animate.mockClear();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

function prefer(reduced: boolean): void {
  vi.stubGlobal("matchMedia", () => ({ matches: reduced }));
}

function counter(): HTMLElement {
  document.body.innerHTML = "<p><strong>7</strong></p>";
  return document.querySelector("strong") as HTMLElement;
}

test("a count rolls: the old one leaves while the new one comes", () => {
  prefer(false);
  const strong = counter();
  roll(strong, "8");
  expect(strong.textContent).toBe("8");
  expect(document.querySelector(".leaving")?.textContent).toBe("7");
  expect(animate).toHaveBeenCalledTimes(2);
});

test("nothing moves with reduced motion, and everything still changes", () => {
  prefer(true);
  const strong = counter();
  roll(strong, "8");
  fly(strong, document.body);
  let changed = false;
  glide([strong], () => {
    changed = true;
  });
  expect([strong.textContent, changed]).toEqual(["8", true]);
  expect(document.body.textContent).toBe("8");
  expect(animate).not.toHaveBeenCalled();
});

test("an element that changes its place glides there from its old one", () => {
  prefer(false);
  const strong = counter();
  const box = (y: number) => ({ x: 0, y, top: y, bottom: y + 10, width: 10 }) as DOMRect;
  let y = 300;
  strong.getBoundingClientRect = () => box(y);
  glide([strong], () => {
    y = 100;
  });
  expect(animate).toHaveBeenCalledExactlyOnceWith(
    { transform: ["translate(0px, 200px)", "none"] },
    expect.anything(),
  );
});
