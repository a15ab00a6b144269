/** How the page shows a like's stage. */
import type { Stage } from "@likestream/client";

const WAITING = {
  offline: "Offline, will be sent when you reconnect",
  network: "No answer, retrying",
  throttled: "Very busy, retrying",
  service: "Unavailable, retrying",
};

export function describe(stage: Stage): string {
  switch (stage.name) {
    case "queued":
    case "sending":
      return "Sending…";
    case "waiting":
      return WAITING[stage.why];
    case "accepted":
      return "Accepted";
    case "counted":
      return "Counted";
    case "rejected":
      return `Not accepted: ${stage.detail}`;
    case "abandoned":
      return `Given up: ${stage.detail}`;
  }
}

/** The outline of a heart, 24 units wide. */
export const HEART = "M12 20.5 4.2 12.7a5 5 0 0 1 7.1-7.1l.7.7.7-.7a5 5 0 0 1 7.1 7.1z";

const CLOCK = "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5v5l3 2";

/** The Like button's icon: a heart, or a clock while the like waits to be sent again. */
export function icon(stage?: Stage): string {
  return stage?.name === "waiting" ? CLOCK : HEART;
}
