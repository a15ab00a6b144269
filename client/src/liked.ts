/** The movies that users have liked in this browser: what a client remembers after a reload and in other tabs. */
import type { Like } from "./like.js";
import type { FallbackStorage } from "./storage.js";

/** After how long a count of 0 is no longer taken for a read that is out of date. */
const STALE_MS = 60_000;

/** Never observed with a count. */
const UNSEEN = "0";

export class Liked {
  readonly prefix: string;

  constructor(
    private readonly storage: FallbackStorage,
    /** Clients with the same name share what they remember. */
    name: string,
  ) {
    this.prefix = `likestream-liked ${name} `;
  }

  has(userId: string | undefined, movieId: string): boolean {
    return userId !== undefined && this.storage.get(this.key(userId, movieId)) !== null;
  }

  /** Remembers a user's like. An anonymous like is not remembered. */
  add({ userId, movieId }: Pick<Like, "userId" | "movieId">): void {
    if (userId && !this.has(userId, movieId)) {
      this.storage.set(this.key(userId, movieId), UNSEEN);
    }
  }

  remove({ userId, movieId }: Pick<Like, "userId" | "movieId">): void {
    if (userId) {
      this.storage.remove(this.key(userId, movieId));
    }
  }

  /**
   * Forgets a like that cannot be in the count: a movie that had likes after it was liked, and has none now, is one of a
   * stack that was created again.
   */
  confirm(userId: string | undefined, movieId: string, count: number): void {
    const seen = userId && this.storage.get(this.key(userId, movieId));
    if (!seen) {
      return;
    }
    if (count > 0) {
      if (seen === UNSEEN) {
        this.storage.set(this.key(userId, movieId), String(Date.now()));
      }
    } else if (seen !== UNSEEN && Date.now() - Number(seen) > STALE_MS) {
      this.storage.remove(this.key(userId, movieId));
    }
  }

  private key(userId: string, movieId: string): string {
    return `${this.prefix}${userId} ${movieId}`;
  }
}
