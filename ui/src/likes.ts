/** The counts that the page shows, and the stage of each of its likes. */
import type { Why } from "./api";
import { type Like, newLike } from "./like";

/** How far a like has got. */
export type Stage =
  /** A request is in flight. */
  | { readonly name: "sending" }
  /** It will be retried, or sent once the browser is online. */
  | { readonly name: "waiting"; readonly why: Why | "offline" }
  /** It is on the stream and will be counted once. */
  | { readonly name: "accepted" }
  /** The count includes it. */
  | { readonly name: "counted" }
  /** It will never be accepted. */
  | { readonly name: "rejected"; readonly detail: string };

/** A like that this page follows. */
export interface Followed {
  readonly like: Like;
  readonly stage: Stage;
  /** How many times it was sent. */
  readonly tries: number;
  /** When the API accepted it, in milliseconds since 1970. */
  readonly acceptedAt?: number;
  /** When the page saw a count that includes it. */
  readonly countedAt?: number;
}

/**
 * Tracks counts and likes. A count is never shown higher than it will become, nor lower than the API confirmed.
 *
 * A like's target is one more than the count shown when it was clicked, and counts only grow. Once the like is counted,
 * the count is at least its target, so the target can be shown from the click on.
 */
export class Likes {
  private readonly confirmed = new Map<string, number>();
  private readonly followed = new Map<string, Followed>();

  /** Creates and follows a like for a click now. */
  click(movieId: string): Like {
    const shown = this.shown(movieId);
    const like = newLike(movieId, shown === undefined ? null : shown + 1);
    this.follow(like);
    return like;
  }

  /** Follows a like that was clicked earlier, in this tab or another. */
  follow(like: Like): void {
    if (!this.followed.has(like.id)) {
      const target = like.target && Math.min(like.target, this.highestTarget(like.movieId));
      this.followed.set(like.id, { like: { ...like, target }, stage: { name: "sending" }, tries: 0 });
    }
  }

  /**
   * The highest target of a movie's next like. A stored target is higher only if the stack was recreated and lost its
   * counts.
   */
  private highestTarget(movieId: string): number {
    const confirmed = this.confirmed.get(movieId);
    const pending = this.of(movieId).filter(({ stage }) => !["counted", "rejected"].includes(stage.name));
    return confirmed === undefined ? Number.POSITIVE_INFINITY : confirmed + pending.length + 1;
  }

  get(id: string): Followed | undefined {
    return this.followed.get(id);
  }

  /** The movie's most recent like. */
  latestOf(movieId: string): Followed | undefined {
    return [...this.followed.values()].findLast(({ like }) => like.movieId === movieId);
  }

  /** The most recent like. */
  latest(): Followed | undefined {
    return [...this.followed.values()].at(-1);
  }

  sending(id: string): void {
    this.change(id, ({ tries }) => ({ stage: { name: "sending" }, tries: tries + 1 }));
  }

  waiting(id: string, why: Why | "offline"): void {
    this.change(id, () => ({ stage: { name: "waiting", why } }));
  }

  accepted(id: string): void {
    this.change(id, () => ({ stage: { name: "accepted" }, acceptedAt: Date.now() }));
  }

  rejected(id: string, detail: string): void {
    const rejected = this.followed.get(id);
    this.change(id, () => ({ stage: { name: "rejected", detail } }));
    // The targets of later likes include it.
    for (const { like } of this.of(rejected?.like.movieId)) {
      if (like.target !== null && rejected?.like.target && like.target > rejected.like.target) {
        this.change(like.id, () => ({ like: { ...like, target: (like.target ?? 0) - 1 } }));
      }
    }
  }

  /** Records counts from the API and returns the likes that are now known to be counted. */
  confirm(counts: ReadonlyMap<string, number>): Like[] {
    const counted: Like[] = [];
    for (const [movieId, count] of counts) {
      // Answers may arrive out of order.
      const confirmed = Math.max(count, this.confirmed.get(movieId) ?? 0);
      this.confirmed.set(movieId, confirmed);
      this.aim(movieId);
      for (const { like, stage } of this.of(movieId)) {
        if (stage.name === "accepted" && like.target !== null && like.target <= confirmed) {
          this.change(like.id, () => ({ stage: { name: "counted" }, countedAt: Date.now() }));
          counted.push(like);
        }
      }
    }
    return counted;
  }

  /** The count to show; undefined if unknown. */
  shown(movieId: string): number | undefined {
    const confirmed = this.confirmed.get(movieId);
    if (confirmed === undefined) {
      return undefined;
    }
    const targets = this.of(movieId).map(({ like, stage }) => (stage.name === "rejected" ? 0 : like.target));
    return Math.max(confirmed, ...targets.map((target) => target ?? 0));
  }

  /** Whether the count shown is not yet confirmed by the API. */
  isOptimistic(movieId: string): boolean {
    return this.shown(movieId) !== this.confirmed.get(movieId);
  }

  /** How many accepted likes with a target have not been seen counted. */
  get awaiting(): number {
    const followed = [...this.followed.values()];
    return followed.filter(({ stage, like }) => stage.name === "accepted" && like.target !== null).length;
  }

  /**
   * Sets the targets of likes clicked before a count was known. Likes already sent may be in the count, so they get none.
   */
  private aim(movieId: string): void {
    for (const { like, tries } of this.of(movieId)) {
      if (like.target === null && !like.sent && tries === 0) {
        this.change(like.id, () => ({ like: { ...like, target: (this.shown(movieId) ?? 0) + 1 } }));
      }
    }
  }

  private of(movieId: string | undefined): Followed[] {
    return [...this.followed.values()].filter(({ like }) => like.movieId === movieId);
  }

  private change(id: string, change: (followed: Followed) => Partial<Followed>): void {
    const followed = this.followed.get(id);
    if (followed) {
      this.followed.set(id, { ...followed, ...change(followed) });
    }
  }
}
