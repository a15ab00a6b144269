/** The events of a client. */
import type { Movie, Status } from "./state.js";

/** A movie's state has changed. */
export class MovieEvent extends Event {
  constructor(readonly movie: Movie) {
    super("change");
  }
}

/** The client's status has changed. */
export class StatusEvent extends Event {
  constructor(readonly status: Status) {
    super("status");
  }
}

export interface LikesEventMap {
  /** A movie's state has changed. */
  change: MovieEvent;
  /** The client's status has changed. */
  status: StatusEvent;
  /** An attempt to send has failed, the third in a row or a later one: the API may have moved. */
  stuck: Event;
}

/** An `EventTarget` whose events have types. */
export interface LikesEvents {
  addEventListener<K extends keyof LikesEventMap>(
    type: K,
    listener: (event: LikesEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof LikesEventMap>(
    type: K,
    listener: (event: LikesEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** `EventTarget`, with the types of a client's events. */
export const LikesEvents = EventTarget as unknown as new () => LikesEvents &
  Pick<EventTarget, "dispatchEvent">;
