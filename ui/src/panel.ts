/** A like's path: the pipeline from left to right, with the like where it is. */
import type { Followed } from "@likestream/client";
import { html, setText, svg } from "./dom";
import type { Film } from "./films";
import { fly, mayMove } from "./motion";
import { progress, steps, WORDS } from "./pipeline";
import { draw } from "./poster";
import { describe } from "./stage";

/** What each step looks like, in its order. */
const ICONS = [
  "M3 5h18v14H3zM3 9.500h18M6 7.300h.01",
  "M8 4c-3 0-3 1.5-3 4s0 4-2.5 4c2.5 0 2.5 1.5 2.5 4s0 4 3 4M16 4c3 0 3 1.5 3 4s0 4 2.5 4c-2.5 0-2.5 1.5-2.5 4s0 4-3 4",
  "M2 8q2.5-3 5 0t5 0 5 0 5 0M2 13q2.5-3 5 0t5 0 5 0 5 0M2 18q2.5-3 5 0t5 0 5 0 5 0",
  "M12 4v16M4 12h16",
  "M3 5h18v4H3zM5 9v10h14V9M10 13h4",
];

/** Longer than a like waits to be counted when all is well. */
const TICKING_MS = 60_000;

interface Row {
  readonly item: HTMLLIElement;
  readonly time: Element;
  readonly state: Element;
  readonly text: Element;
}

export class Panel {
  readonly element: HTMLElement;
  private readonly art = html("div", { class: "thumb", "aria-hidden": "true" });
  private readonly subject = html("p", { class: "subject" });
  private readonly progress = html("div", { class: "progress", "aria-hidden": "true" }, html("i"), html("b"));
  private readonly rows: Row[];
  private followed: Followed | undefined;
  private isTicking = false;

  constructor() {
    const story = html("dl");
    this.rows = steps(undefined).map(({ title }, index) => {
      const [time, state, text] = [
        html("span", { class: "time" }),
        html("span", { class: "unseen" }),
        html("dd"),
      ];
      const icon = svg(
        "svg",
        { viewBox: "0 0 24 24", "aria-hidden": "true" },
        svg("path", { d: ICONS[index] ?? "" }),
      );
      const item = html(
        "li",
        {},
        html("span", { class: "node" }, icon),
        html("strong", {}, title),
        state,
        time,
      );
      story.append(html("div", {}, html("dt", {}, title), text));
      return { item, time, state, text };
    });
    this.element = html(
      "aside",
      { class: "panel", "aria-labelledby": "path" },
      html(
        "div",
        { class: "subjects" },
        this.art,
        html("div", {}, html("h2", { id: "path" }, "A like's path"), this.subject),
      ),
      html(
        "div",
        { class: "pipeline" },
        this.progress,
        html("ol", { class: "steps" }, ...this.rows.map(({ item }) => item)),
      ),
      html(
        "details",
        {},
        html("summary", {}, "Details"),
        html(
          "div",
          { class: "story" },
          story,
          html(
            "p",
            { class: "note" },
            "This page sees counts, not individual likes. If someone else likes the same film at the same moment, the like shown as counted may be theirs.",
          ),
        ),
      ),
    );
    this.update(undefined, undefined);
  }

  /** Shows the state of a film's like. */
  update(followed: Followed | undefined, film: Film | undefined): void {
    const isNew = followed?.like.id !== this.followed?.like.id;
    this.followed = followed;
    setText(
      this.subject,
      followed && film ? `${film.title}: ${describe(followed.stage)}` : "Like a film to send one on its way",
    );
    this.element.dataset.stage = followed?.stage.name ?? "";
    if (isNew) {
      this.art.replaceChildren(...(film ? [draw(film.poster)] : []));
      this.place(0);
    }
    this.place(progress(followed));
    this.showSteps();
    this.tick();
  }

  /** Lets the heart of a film's button fly to where its path begins. */
  launch(from: Element): void {
    const [first] = this.rows;
    const node = first?.item.querySelector(".node");
    if (node) {
      fly(from, node);
    }
  }

  /** Moves the like to a place on its path; back to the start without being seen on the way. */
  private place(at: number): void {
    const { style } = this.progress;
    this.progress.classList.toggle("still", at === 0);
    style.setProperty("--at", String(at));
    // Ends the styles' transition before the next one begins.
    this.progress.getBoundingClientRect();
  }

  private showSteps(): void {
    steps(this.followed).forEach((step, index) => {
      const row = this.rows[index];
      if (!row) {
        return;
      }
      setText(row.time, step.time);
      setText(row.text, step.text);
      setText(row.state, ` (${WORDS[step.state]})`);
      row.item.dataset.state = step.state;
      if (step.state === "now") {
        row.item.setAttribute("aria-current", "step");
      } else {
        row.item.removeAttribute("aria-current");
      }
    });
  }

  /** Lets the milliseconds run while the like is on its way. */
  private tick(): void {
    if (this.isTicking || !mayMove() || !this.isOnItsWay()) {
      return;
    }
    this.isTicking = true;
    requestAnimationFrame(() => {
      this.isTicking = false;
      this.showSteps();
      this.tick();
    });
  }

  private isOnItsWay(): boolean {
    const { like, stage } = this.followed ?? {};
    return (
      like !== undefined &&
      ["queued", "sending", "waiting", "accepted"].includes(stage?.name ?? "") &&
      Date.now() - like.clickedAt < TICKING_MS
    );
  }
}
