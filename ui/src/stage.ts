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

const HEART = "M12 21 3.6 12.6a5.4 5.4 0 0 1 7.7-7.6l.7.8.7-.8a5.4 5.4 0 0 1 7.7 7.6z";

const ARROW = "M12 3.5 19.5 11l-1.7 1.7-4.6-4.6V20.5h-2.4V8.1l-4.6 4.6L4.5 11z";
const CROSS = "M12 10.3 17.3 5 19 6.7 13.7 12l5.3 5.3-1.7 1.7-5.3-5.3L6.7 19 5 17.3 10.3 12 5 6.7 6.7 5z";

const ICONS: Record<Stage["name"], string> = {
  queued: ARROW,
  sending: ARROW,
  waiting: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm1.1 8.5 3.9 2.3-1.1 1.8-4.9-3V7h2.1z",
  accepted: "M9.5 18 3.5 12l1.7-1.7 4.3 4.3 9.3-9.3L20.5 7z",
  counted: "M7 17.5 1.5 12l1.6-1.6L7 14.3l7-7L15.6 9zm6.4 0-2-2 1.6-1.6.4.4 7-7L22.5 9z",
  rejected: CROSS,
  abandoned: CROSS,
};

/** The Like button's icon: a heart before the first like, then its stage. */
export function icon(stage?: Stage): string {
  return stage ? ICONS[stage.name] : HEART;
}
