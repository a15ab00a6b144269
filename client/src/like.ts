/** A like that a client creates and sends. */
import { uuidv7 } from "./ids.js";

export interface Like {
  /** A UUIDv7, sent as `Idempotency-Key` with every attempt, so that the like is counted once. */
  readonly id: string;
  readonly movieId: string;
  /** The user who likes the movie: a user likes a movie once, ever. An anonymous like has none. */
  readonly userId?: string;
  /** When it was created, in milliseconds since 1970. */
  readonly clickedAt: number;
  /**
   * The least that the movie's count can be once this like is counted; null if that is not known.
   */
  readonly target: number | null;
  /** Whether it may have reached the API. */
  readonly sent: boolean;
}

/** Creates a like now. */
export function newLike(movieId: string, target: number | null, userId?: string): Like {
  return { id: uuidv7(), movieId, ...(userId && { userId }), clickedAt: Date.now(), target, sent: false };
}
