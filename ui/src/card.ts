/** A film, its count and its Like button. */
import { html, setText, svg } from "./dom";
import type { Film } from "./films";
import type { Followed } from "./likes";
import { poster } from "./poster";
import { describe } from "./stage";

const HEART = "M12 21 3.6 12.6a5.4 5.4 0 0 1 7.7-7.6l.7.8.7-.8a5.4 5.4 0 0 1 7.7 7.6z";

export class Card {
  readonly element: HTMLLIElement;
  private readonly count = html("strong", {}, "–");
  private readonly noun = html("span", {}, " likes");
  private readonly state = html("span", { class: "state" });
  private readonly likes: HTMLParagraphElement;

  constructor(film: Film, onLike: () => void) {
    const heart = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: HEART }));
    const button = html(
      "button",
      { type: "button" },
      heart,
      "Like",
      html("span", { class: "unseen" }, ` ${film.title}`),
    );
    button.addEventListener("click", onLike);
    this.likes = html("p", { class: "likes" }, this.count, this.noun);
    this.element = html(
      "li",
      { class: "film", "data-movie": film.id },
      poster(film),
      html("h3", {}, film.title, " ", html("span", { class: "year" }, String(film.year))),
      html("p", { class: "line" }, film.line),
      html("div", { class: "act" }, button, this.likes),
      this.state,
    );
  }

  /** Shows a count, undefined when none is known, and how far the film's last like has come. */
  update(count: number | undefined, isOptimistic: boolean, latest: Followed | undefined): void {
    setText(this.count, count === undefined ? "–" : count.toLocaleString("en"));
    setText(this.noun, count === 1 ? " like" : " likes");
    this.likes.classList.toggle("optimistic", isOptimistic);
    setText(this.state, latest ? describe(latest.stage) : "");
    this.state.dataset.stage = latest?.stage.name ?? "";
  }
}
