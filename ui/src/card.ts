/** A film, its count and its Like button. */
import { html, setText, svg } from "./dom";
import type { Film } from "./films";
import type { Followed } from "./likes";
import { draw } from "./poster";
import { describe, icon } from "./stage";

export class Card {
  readonly element: HTMLLIElement;
  private readonly count = html("strong", {}, "–");
  private readonly noun = html("span", {}, " likes");
  private readonly state = html("span", { class: "state" });
  private readonly likes: HTMLParagraphElement;
  private readonly icon = svg("path", { d: icon() });
  private readonly button: HTMLButtonElement;

  constructor(film: Film, onLike: () => void) {
    this.state.id = `state-${film.id}`;
    this.button = html(
      "button",
      { type: "button", "aria-describedby": this.state.id },
      svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, this.icon),
      "Like",
      html("span", { class: "unseen" }, ` ${film.title}`),
    );
    this.button.addEventListener("click", onLike);
    this.likes = html("p", { class: "likes" }, this.count, this.noun);
    this.element = html(
      "li",
      { class: "film", "data-movie": film.id },
      draw(film.poster),
      html("h3", {}, film.title, " ", html("span", { class: "year" }, String(film.year))),
      html("p", { class: "line" }, film.line),
      html("div", { class: "act" }, this.button, this.likes),
      this.state,
    );
  }

  /** Shows a count, undefined if unknown, and the stage of the film's latest like. */
  update(count: number | undefined, isOptimistic: boolean, latest: Followed | undefined): void {
    setText(this.count, count === undefined ? "–" : count.toLocaleString("en"));
    setText(this.noun, count === 1 ? " like" : " likes");
    this.likes.classList.toggle("optimistic", isOptimistic);
    setText(this.state, latest ? describe(latest.stage) : "");
    this.icon.setAttribute("d", icon(latest?.stage));
    for (const element of [this.button, this.state]) {
      element.dataset.stage = latest?.stage.name ?? "";
    }
  }
}
