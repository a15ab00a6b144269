/** What a client tells: the state of a movie, and of the client as a whole. */
import type { Followed } from "./stage.js";

/** A movie as its visitor should see it. The same object is returned until something changes. */
export interface Movie {
  readonly movieId: string;
  /**
   * How many likes to show: the last known count, or the count that the visitor's like will lead to. Undefined if the API
   * has not told it yet.
   */
  readonly count: number | undefined;
  /** Whether the API has not confirmed the count yet. */
  readonly isOptimistic: boolean;
  /** Whether the user likes the movie, since now or from an earlier visit. */
  readonly isLiked: boolean;
  /** The user's latest like of the movie; undefined if it was accepted before this client was created. */
  readonly like: Followed | undefined;
}

/** How the client is doing. */
export interface Status {
  /** Whether the browser is online, as far as it knows. */
  readonly isOnline: boolean;
  /** Whether the last three attempts to send a like, or more, have failed. */
  readonly isStuck: boolean;
  /** Whether the last attempt to read counts has failed. */
  readonly isStale: boolean;
  /** Whether the likes that are not accepted yet outlive the page. */
  readonly isSafe: boolean;
}

/** Whether two states of the same kind are equal. */
export function isSame<T extends object>(one: T | undefined, other: T): boolean {
  return one !== undefined && Object.entries(other).every(([key, value]) => one[key as keyof T] === value);
}
