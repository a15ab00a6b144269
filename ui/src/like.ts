/** One click on Like. */
import { v7 as uuidv7 } from "uuid";

export interface Like {
  /** A UUIDv7, sent as `Idempotency-Key` with every attempt, so that the like is counted once. */
  readonly id: string;
  readonly movieId: string;
  /** When it was clicked, in milliseconds since 1970. */
  readonly clickedAt: number;
  /**
   * The least that the movie's count can be once this like is counted; null if no count was known at the click.
   */
  readonly target: number | null;
  /** Whether it may have reached the API. */
  readonly sent: boolean;
}

/** Creates a like for a click now. */
export function newLike(movieId: string, target: number | null): Like {
  return { id: uuidv7(), movieId, clickedAt: Date.now(), target, sent: false };
}
