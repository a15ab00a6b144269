/** A like's path through the pipeline, as far as a page can see it. */
import type { Followed } from "@likestream/client";
import { html, setText } from "./dom";
import { describe } from "./stage";

type State = "done" | "now" | "ahead" | "failed" | "unseen";

interface Step {
  readonly title: string;
  readonly text: string;
  readonly state: State;
}

const WORDS: Record<State, string> = {
  done: "done",
  now: "in progress",
  ahead: "pending",
  failed: "failed",
  unseen: "not visible from here",
};

/** Wide enough for the panel beside the films. */
const WIDE = "(min-width: 60rem)";

export class Panel {
  readonly element: HTMLElement;
  private readonly subject = html("span", { class: "subject" });
  private readonly list = html("ol", { class: "steps" });
  private readonly rows: { row: HTMLLIElement; title: Element; text: Element; state: Element }[] = [];

  constructor() {
    const heading = html("h2", { id: "path" }, "A like's path");
    const note = html(
      "p",
      { class: "note" },
      "This page sees counts, not individual likes. If someone else likes the same film at the same moment, the like shown as counted may be theirs.",
    );
    const details = html("details", {}, html("summary", {}, heading, this.subject), this.list, note);
    details.open = matchMedia(WIDE).matches;
    this.element = html("aside", { class: "panel", "aria-labelledby": "path" }, details);
    this.update(undefined, "");
  }

  /** Shows the state of a film's like. */
  update(followed: Followed | undefined, title: string): void {
    setText(
      this.subject,
      followed ? `${title}: ${describe(followed.stage)}` : "Like a film to follow its like",
    );
    steps(followed).forEach((step, index) => {
      const { row, title, text, state } = this.row(index);
      setText(title, step.title);
      setText(text, step.text);
      setText(state, ` (${WORDS[step.state]})`);
      row.dataset.state = step.state;
      if (step.state === "now") {
        row.setAttribute("aria-current", "step");
      } else {
        row.removeAttribute("aria-current");
      }
    });
  }

  private row(index: number) {
    const known = this.rows[index];
    if (known) {
      return known;
    }
    const [title, text, state] = [html("strong"), html("span"), html("span", { class: "unseen" })];
    const row = html("li", {}, title, state, text);
    this.list.append(row);
    this.rows.push({ row, title, text, state });
    return { row, title, text, state };
  }
}

/** The steps of a like, with what is known about each. */
export function steps(followed: Followed | undefined): Step[] {
  const stage = followed?.stage.name;
  const { like, tries = 0, acceptedAt, countedAt } = followed ?? {};
  const isAccepted = stage === "accepted" || stage === "counted";
  const hasEnded = stage === "rejected" || stage === "abandoned";
  const sent = followed && (tries === 0 || !isAccepted) ? describe(followed.stage) : "";
  return [
    {
      title: "Clicked",
      text: like ? `${new Date(like.clickedAt).toLocaleTimeString("en-GB")}, key ${like.id}` : "",
      state: like ? "done" : "ahead",
    },
    {
      title: "Sent to API Gateway",
      text: isAccepted ? attempts(tries) : sent,
      state: isAccepted ? "done" : hasEnded ? "failed" : stage ? "now" : "ahead",
    },
    {
      title: "Accepted by IngestLike",
      text:
        like && acceptedAt
          ? `After ${duration(acceptedAt - like.clickedAt)}: it is on the Kinesis stream`
          : "Puts the like on the Kinesis stream and answers 202",
      state: isAccepted ? "done" : "ahead",
    },
    {
      title: "Counted by UpdateCount",
      text:
        acceptedAt && countedAt
          ? `Seen ${duration(countedAt - acceptedAt)} later: counted once in DynamoDB`
          : "Adds the like to the count in DynamoDB once, even if it is delivered twice",
      state: stage === "counted" ? "done" : stage === "accepted" ? "now" : "ahead",
    },
    {
      title: "Archived by Firehose",
      text: "Writes the like to S3 within about a minute. This page cannot see the archive.",
      state: "unseen",
    },
  ];
}

function attempts(tries: number): string {
  return tries > 1 ? `${tries} attempts with the same key` : "1 attempt";
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.max(0, ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
