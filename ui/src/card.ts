/** A film, its count and its Like button. */
import type { Movie } from "@likestream/client";
import { html, setText, svg } from "./dom";
import type { Film } from "./films";
import { roll } from "./motion";
import { draw } from "./poster";
import { describe, HEART, icon } from "./stage";

const UNKNOWN = "–";

export class Card {
  readonly element: HTMLLIElement;
  private readonly count = html("strong", {}, UNKNOWN);
  private readonly noun = html("span", {}, " likes");
  private readonly state = html("span", { class: "state" });
  private readonly likes: HTMLParagraphElement;
  private readonly label = html("span", {}, "Like");
  private readonly icon = svg("path", { d: icon() });
  private readonly button: HTMLButtonElement;

  /** @param onLike Called with the button's heart. */
  constructor(film: Film, onLike: (heart: Element) => void) {
    this.state.id = `state-${film.id}`;
    const heart = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, this.icon);
    this.button = html(
      "button",
      { type: "button", class: "like", "aria-describedby": this.state.id, "aria-pressed": "false" },
      heart,
      this.label,
      html("span", { class: "unseen" }, ` ${film.title}`),
    );
    this.button.addEventListener("click", () => onLike(heart));
    this.likes = html("p", { class: "likes" }, html("span", { class: "roll" }, this.count), this.noun);
    const badge = svg(
      "svg",
      { viewBox: "0 0 24 24", class: "badge", "aria-hidden": "true" },
      svg("path", { d: HEART }),
    );
    this.element = html(
      "li",
      { class: "film", "data-movie": film.id, "data-stage": "" },
      html("div", { class: "art" }, draw(film.poster), badge),
      html("h3", {}, film.title, " ", html("span", { class: "year" }, String(film.year))),
      html("div", { class: "words" }, html("p", { class: "line" }, film.line), this.state),
      html("div", { class: "act" }, this.button, this.likes),
    );
  }

  /** Shows the film's count, whether the visitor likes it, and the stage of his like. */
  update({ count, isOptimistic, isLiked, like }: Movie): void {
    this.showCount(count === undefined ? UNKNOWN : count.toLocaleString("en"));
    setText(this.noun, count === 1 ? " like" : " likes");
    this.likes.classList.toggle("none", !count);
    this.likes.classList.toggle("optimistic", isOptimistic);
    setText(this.label, isLiked ? "Liked" : "Like");
    this.button.setAttribute("aria-pressed", String(isLiked));
    this.element.classList.toggle("liked", isLiked);
    setText(this.state, like ? describe(like.stage) : "");
    this.icon.setAttribute("d", icon(like?.stage));
    for (const element of [this.element, this.button, this.state]) {
      element.dataset.stage = like?.stage.name ?? "";
    }
  }

  /** A count that was shown before rolls to the next one. */
  private showCount(text: string): void {
    if (this.count.textContent === UNKNOWN || !this.element.isConnected) {
      setText(this.count, text);
    } else if (this.count.textContent !== text) {
      roll(this.count, text);
    }
  }
}
