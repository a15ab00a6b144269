/** What the page says of a like's stage. */
import type { Stage } from "./likes";

const WAITING = {
  offline: "Offline: it is sent when you are back",
  network: "No answer yet: trying again",
  throttled: "Very busy: trying again",
  service: "Not ready: trying again",
};

export function describe(stage: Stage): string {
  switch (stage.name) {
    case "sending":
      return "Sending…";
    case "waiting":
      return WAITING[stage.why];
    case "accepted":
      return "Accepted";
    case "counted":
      return "Counted";
    case "refused":
      return `Not accepted: ${stage.detail}`;
  }
}
