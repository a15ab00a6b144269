/** The counts to show, and the stage of each like. */
import { type Like, newLike } from "./like.js";
import { type Followed, isAlive, type Stage } from "./stage.js";

/**
 * How long the count of an accepted like is shown before the API confirms it, if the like names a user. The user may have
 * liked the movie before, in another browser; then it never will.
 */
const DOUBT_MS = 60_000;

/**
 * Tracks counts and likes. A count is never shown higher than it will become, nor lower than the API confirmed.
 *
 * A like's target is one more than the count shown when it was clicked, and counts only grow. Once the like is counted,
 * the count is at least its target, so the target can be shown from the click on.
 */
export class Tracker {
  private readonly confirmed = new Map<string, number>();
  private readonly followed = new Map<string, Followed>();

  /** @param changed Called after every change of a movie or of one of its likes. */
  constructor(private readonly changed: (movieId: string) => void = () => {}) {}

  /** Creates and follows a like. */
  click(movieId: string, userId?: string): Like {
    const shown = this.shown(movieId);
    const like = newLike(movieId, shown === undefined ? null : shown + 1, userId);
    this.follow(like);
    return like;
  }

  /** Creates and follows a like in place of one whose key is too old. */
  renew({ movieId, userId, sent, id }: Like): Like {
    this.end(id, {
      name: "abandoned",
      detail: "replaced by a new like",
    });
    const shown = this.shown(movieId);
    // If the old one was counted, the new one never will be.
    const target = sent || shown === undefined ? null : shown + 1;
    const like = { ...newLike(movieId, target, userId), sent: true };
    this.follow(like);
    return like;
  }

  /** Follows a like that was created earlier, in this tab or another. */
  follow(like: Like): void {
    if (!this.followed.has(like.id)) {
      const target = like.target && Math.min(like.target, this.highestTarget(like.movieId));
      this.followed.set(like.id, { like: { ...like, target }, stage: { name: "queued" }, tries: 0 });
      this.changed(like.movieId);
    }
  }

  /**
   * The highest target of a movie's next like. A stored target is higher only if the stack was recreated and lost its
   * counts.
   */
  private highestTarget(movieId: string): number {
    const confirmed = this.confirmed.get(movieId);
    const pending = this.of(movieId).filter((one) => isAlive(one) && one.stage.name !== "counted");
    return confirmed === undefined ? Number.POSITIVE_INFINITY : confirmed + pending.length + 1;
  }

  get(id: string): Followed | undefined {
    return this.followed.get(id);
  }

  /** The movie's most recent like by a user; without one, its most recent anonymous like. */
  latestOf(movieId: string, userId?: string): Followed | undefined {
    return this.of(movieId).findLast(({ like }) => like.userId === userId);
  }

  sending(id: string): void {
    this.change(id, ({ tries }) => ({ stage: { name: "sending" }, tries: tries + 1 }));
  }

  waiting(id: string, why: (Stage & { name: "waiting" })["why"]): void {
    this.change(id, () => ({ stage: { name: "waiting", why } }));
  }

  accepted(id: string): void {
    this.change(id, () => ({ stage: { name: "accepted" }, acceptedAt: Date.now() }));
  }

  /** Marks a like as rejected or abandoned. */
  end(id: string, stage: Stage & { name: "rejected" | "abandoned" }): void {
    const ended = this.followed.get(id);
    this.change(id, () => ({ stage }));
    // The targets of later likes include it.
    for (const { like } of this.of(ended?.like.movieId)) {
      if (like.target !== null && ended?.like.target && like.target > ended.like.target) {
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
      this.changed(movieId);
    }
    return counted;
  }

  /** The count to show; undefined if unknown. */
  shown(movieId: string): number | undefined {
    const confirmed = this.confirmed.get(movieId);
    if (confirmed === undefined) {
      return undefined;
    }
    const likely = this.of(movieId).filter((one) => isAlive(one) && !isDoubtful(one));
    return Math.max(confirmed, ...likely.map(({ like }) => like.target ?? 0));
  }

  /** Whether the count shown is not yet confirmed by the API. */
  isOptimistic(movieId: string): boolean {
    return this.shown(movieId) !== this.confirmed.get(movieId);
  }

  /** How many accepted likes with a target have not been seen counted, and should be soon. */
  get awaiting(): number {
    return [...this.followed.values()].filter(isAwaiting).length;
  }

  /** The movies whose counts tell how far a like has got. */
  unsettled(): string[] {
    const followed = [...this.followed.values()];
    return followed
      .filter((one) => isAwaiting(one) || ["queued", "sending", "waiting"].includes(one.stage.name))
      .map(({ like }) => like.movieId);
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
      this.changed(followed.like.movieId);
    }
  }
}

function isAwaiting(followed: Followed): boolean {
  return followed.stage.name === "accepted" && followed.like.target !== null && !isDoubtful(followed);
}

/** Whether a like may be a user's second: it should have been counted by now. */
function isDoubtful({ like, stage, acceptedAt = 0 }: Followed): boolean {
  return like.userId !== undefined && stage.name === "accepted" && Date.now() - acceptedAt > DOUBT_MS;
}
