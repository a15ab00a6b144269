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

/** An element that is 200 pixels higher after `change`. */
function mover(): { strong: HTMLElement; change: () => void } {
  const strong = counter();
  let y = 300;
  strong.getBoundingClientRect = () => ({ x: 0, y, top: y, bottom: y + 10, width: 10 }) as DOMRect;
  return {
    strong,
    change: () => {
      y = 100;
    },
  };
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
  const { strong, change } = mover();
  roll(strong, "8");
  fly(strong, document.body);
  glide([strong], change);
  expect([strong.textContent, strong.getBoundingClientRect().y]).toEqual(["8", 100]);
  expect(document.body.textContent).toBe("8");
  expect(animate).not.toHaveBeenCalled();
});

test("an element that changes its place glides there from its old one", () => {
  prefer(false);
  const { strong, change } = mover();
  glide([strong], change);
  expect(animate).toHaveBeenCalledExactlyOnceWith(
    { transform: ["translate(0px, 200px)", "none"] },
    expect.anything(),
  );
});
