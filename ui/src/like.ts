/** One click on Like. */
import { v7 as uuidv7 } from "uuid";

export interface Like {
  /** A UUIDv7, sent as `Idempotency-Key` with every try, so that the like is counted once. */
  readonly id: string;
  readonly movieId: string;
  /** When it was clicked, in milliseconds since 1970. */
  readonly clickedAt: number;
  /**
   * What the movie's count will have reached, at the least, once this like is counted; null when no count was known
   * at the click.
   */
  readonly target: number | null;
  /** Whether it may have reached the API. */
  readonly sent: boolean;
}

/** A like that is clicked now. */
export function newLike(movieId: string, target: number | null): Like {
  return { id: uuidv7(), movieId, clickedAt: Date.now(), target, sent: false };
}
