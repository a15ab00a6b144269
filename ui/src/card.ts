/** A film, its count and its Like button. */
import type { Movie } from "@likestream/client";
import { html, setText, svg } from "./dom";
import type { Film } from "./films";
import { draw } from "./poster";
import { describe, icon } from "./stage";

export class Card {
  readonly element: HTMLLIElement;
  private readonly count = html("strong", {}, "–");
  private readonly noun = html("span", {}, " likes");
  private readonly state = html("span", { class: "state" });
  private readonly likes: HTMLParagraphElement;
  private readonly label = html("span", {}, "Like");
  private readonly icon = svg("path", { d: icon() });
  private readonly button: HTMLButtonElement;

  constructor(film: Film, onLike: () => void) {
    this.state.id = `state-${film.id}`;
    this.button = html(
      "button",
      { type: "button", "aria-describedby": this.state.id, "aria-pressed": "false" },
      svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, this.icon),
      this.label,
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

  /** Shows the film's count, whether the visitor likes it, and the stage of his like. */
  update({ count, isOptimistic, isLiked, like }: Movie): void {
    setText(this.count, count === undefined ? "–" : count.toLocaleString("en"));
    setText(this.noun, count === 1 ? " like" : " likes");
    this.likes.classList.toggle("optimistic", isOptimistic);
    setText(this.label, isLiked ? "Liked" : "Like");
    this.button.setAttribute("aria-pressed", String(isLiked));
    setText(this.state, like ? describe(like.stage) : "");
    this.icon.setAttribute("d", icon(like?.stage));
    for (const element of [this.button, this.state]) {
      element.dataset.stage = like?.stage.name ?? "";
    }
  }
}
