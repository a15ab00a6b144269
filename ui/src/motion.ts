/** Motion. Nothing moves for those who have asked for reduced motion. */

const EASE = "cubic-bezier(0.2, 0.8, 0.2, 1)";

/** Whether the page may move things. */
export function mayMove(): boolean {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Rolls a new text in from below while the old one leaves upwards. */
export function roll(element: HTMLElement, text: string): void {
  const old = element.textContent ?? "";
  element.textContent = text;
  if (!mayMove()) {
    return;
  }
  const ghost = document.createElement("span");
  ghost.className = "leaving";
  ghost.ariaHidden = "true";
  ghost.textContent = old;
  element.before(ghost);
  const timing = { duration: 450, easing: EASE };
  ghost.animate({ transform: ["none", "translateY(-100%)"], opacity: [1, 0] }, timing).finished.then(
    () => ghost.remove(),
    () => ghost.remove(),
  );
  element.animate({ transform: ["translateY(100%)", "none"], opacity: [0, 1] }, timing);
}

/** Changes where elements are, and lets each glide from its old place to its new one. */
export function glide(elements: Iterable<Element>, change: () => void): void {
  if (!mayMove()) {
    change();
    return;
  }
  const before = new Map([...elements].map((element) => [element, element.getBoundingClientRect()]));
  change();
  for (const [element, old] of before) {
    const now = element.getBoundingClientRect();
    const [x, y] = [old.x - now.x, old.y - now.y];
    const isSeen = [old, now].some(({ top, bottom }) => bottom > 0 && top < innerHeight);
    if (element.isConnected && old.width > 0 && isSeen && (x !== 0 || y !== 0)) {
      element.animate({ transform: [`translate(${x}px, ${y}px)`, "none"] }, { duration: 500, easing: EASE });
    }
  }
}

/** Lets a copy of an element fly to another one. */
export function fly(from: Element, to: Element): void {
  if (!mayMove()) {
    return;
  }
  const [start, end] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
  const flyer = from.cloneNode(true) as SVGElement;
  flyer.classList.add("flyer");
  document.body.append(flyer);
  const x = (box: DOMRect) => box.x + box.width / 2;
  const y = (box: DOMRect) => box.y + box.height / 2;
  const at = (box: DOMRect, scale: number) =>
    `translate(${x(box)}px, ${y(box)}px) translate(-50%, -50%) scale(${scale})`;
  const top = {
    ...start.toJSON(),
    x: start.x * 0.7 + end.x * 0.3,
    y: Math.min(start.y, end.y) - 24,
  } as DOMRect;
  flyer
    .animate(
      [
        { transform: at(start, 1), easing: "ease-out" },
        { transform: at(top, 1.5), easing: "ease-in", offset: 0.35 },
        { transform: at(end, 0.8) },
      ],
      { duration: 600 },
    )
    .finished.then(
      () => flyer.remove(),
      () => flyer.remove(),
    );
}
