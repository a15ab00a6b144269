/** How far a like has got. */
import type { Why } from "./api.js";
import type { Like } from "./like.js";

export type Stage =
  /** It will be sent at once, or as soon as the movie's count is known. */
  | { readonly name: "queued" }
  /** A request is in flight. */
  | { readonly name: "sending" }
  /** It will be sent again, or once the browser is online. */
  | { readonly name: "waiting"; readonly why: Why | "offline" }
  /** It is on the stream and will be counted once. */
  | { readonly name: "accepted" }
  /** The count includes it. */
  | { readonly name: "counted" }
  /** The API will never accept it. */
  | { readonly name: "rejected"; readonly detail: string }
  /** It is no longer sent: nobody knows whether it was accepted, or a new like has taken its place. */
  | { readonly name: "abandoned"; readonly detail: string };

/** A like that a client follows. */
export interface Followed {
  readonly like: Like;
  readonly stage: Stage;
  /** How many times it was sent. */
  readonly tries: number;
  /** When the API accepted it, in milliseconds since 1970. */
  readonly acceptedAt?: number;
  /** When a count was seen that includes it. */
  readonly countedAt?: number;
}

/** Whether a like is, or may still be, accepted. */
export function isAlive({ stage }: Followed): boolean {
  return stage.name !== "rejected" && stage.name !== "abandoned";
}
