/** The pipeline's steps, and what a page knows of a like at each. */
import type { Followed } from "@likestream/client";
import { describe } from "./stage";

type State = "done" | "now" | "ahead" | "failed" | "unseen";

export interface Step {
  readonly title: string;
  /** What happens there, or happened. */
  readonly text: string;
  /** How long the like took, or has taken so far; empty before it comes there. */
  readonly time: string;
  readonly state: State;
}

/** What a screen reader says of a state. */
export const WORDS: Record<State, string> = {
  done: "done",
  now: "in progress",
  ahead: "pending",
  failed: "failed",
  unseen: "not visible from here",
};

/** The steps of a like, with what is known about each at a time in milliseconds since 1970. */
export function steps(followed: Followed | undefined, now = Date.now()): Step[] {
  const stage = followed?.stage.name;
  const { like, tries = 0, acceptedAt, countedAt } = followed ?? {};
  const isCounted = stage === "counted";
  const isAccepted = stage === "accepted" || isCounted;
  const hasEnded = stage === "rejected" || stage === "abandoned";
  const since = (start: number | undefined, end = now) => (start === undefined ? "" : duration(end - start));
  return [
    {
      title: "Browser",
      text: like
        ? `Stored with the key ${like.id}, until the API answers.`
        : "Stores the like with a key, until the API answers.",
      time: like ? new Date(like.clickedAt).toLocaleTimeString("en-GB") : "",
      state: like ? "done" : "ahead",
    },
    {
      title: "API",
      text: isAccepted
        ? `${attempts(tries)} API Gateway and IngestLike answered 202.`
        : followed && stage !== "queued"
          ? describe(followed.stage)
          : "API Gateway and IngestLike put the like on the stream and answer 202.",
      time: isAccepted ? since(like?.clickedAt, acceptedAt) : hasEnded ? "" : since(like?.clickedAt),
      state: isAccepted ? "done" : hasEnded ? "failed" : stage ? "now" : "ahead",
    },
    {
      title: "Stream",
      text: "Kinesis holds the like until UpdateCount takes it.",
      time: isAccepted ? `+${since(acceptedAt, countedAt)}` : "",
      state: isCounted ? "done" : isAccepted ? "now" : "ahead",
    },
    {
      title: "Count",
      text: "UpdateCount adds it to the count in DynamoDB once, even if it is delivered twice.",
      time: isCounted ? `=${since(like?.clickedAt, countedAt)}` : "",
      state: isCounted ? "done" : "ahead",
    },
    {
      title: "Archive",
      text: "Firehose writes it to S3 within about a minute. This page cannot see the archive.",
      time: like ? "≈ 1 min" : "",
      state: "unseen",
    },
  ];
}

/** Where a like is, as a fraction of the way from the first step to the last. */
export function progress(followed: Followed | undefined): number {
  switch (followed?.stage.name) {
    case undefined:
    case "queued":
      return 0;
    case "waiting":
      return 1 / 8;
    case "sending":
    case "rejected":
    case "abandoned":
      return 1 / 4;
    case "accepted":
      return 2 / 4;
    case "counted":
      return 3 / 4;
  }
}

function attempts(tries: number): string {
  return tries > 1 ? `${tries} attempts with the same key.` : "1 attempt.";
}

function duration(ms: number): string {
  return ms < 10_000 ? `${Math.max(0, ms).toLocaleString("en")} ms` : `${(ms / 1000).toFixed(1)} s`;
}
