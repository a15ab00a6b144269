/** The counts that the page shows, and how far each of its likes has come. */
import type { Why } from "./api";
import { type Like, newLike } from "./like";

/** How far a like has come. */
export type Stage =
  /** It is on its way to the API. */
  | { readonly name: "sending" }
  /** It will be sent again, or once there is a network. */
  | { readonly name: "waiting"; readonly why: Why | "offline" }
  /** The stream has it: it will be counted once. */
  | { readonly name: "accepted" }
  /** The count has it. */
  | { readonly name: "counted" }
  /** It was not taken and never will be. */
  | { readonly name: "refused"; readonly detail: string };

/** A like that this page follows. */
export interface Followed {
  readonly like: Like;
  readonly stage: Stage;
  /** How often it was sent. */
  readonly tries: number;
  /** When the API accepted it, in milliseconds since 1970. */
  readonly acceptedAt?: number;
  /** When the count was seen to have it. */
  readonly countedAt?: number;
}

/**
 * What is known of counts and likes. A count never shows more likes than there will be, nor less than were confirmed:
 *
 * a like's target is one more than all that was known when it was clicked, and counts only grow. So once it is
 * counted the count is that high or higher, and may be shown so from the click on.
 */
export class Likes {
  private readonly confirmed = new Map<string, number>();
  private readonly followed = new Map<string, Followed>();

  /** A like that is clicked now. */
  click(movieId: string): Like {
    const shown = this.shown(movieId);
    const like = newLike(movieId, shown === undefined ? null : shown + 1);
    this.follow(like);
    return like;
  }

  /** Follows a like that was clicked before, in this tab or another. */
  follow(like: Like): void {
    if (!this.followed.has(like.id)) {
      const target = like.target && Math.min(like.target, this.highestTarget(like.movieId));
      this.followed.set(like.id, { like: { ...like, target }, stage: { name: "sending" }, tries: 0 });
    }
  }

  /** The highest target that a movie's next like can have, unless the stack was made anew and its counts are lost. */
  private highestTarget(movieId: string): number {
    const confirmed = this.confirmed.get(movieId);
    const pending = this.of(movieId).filter(({ stage }) => !["counted", "refused"].includes(stage.name));
    return confirmed === undefined ? Number.POSITIVE_INFINITY : confirmed + pending.length + 1;
  }

  get(id: string): Followed | undefined {
    return this.followed.get(id);
  }

  /** The movie's like that was clicked last. */
  latestOf(movieId: string): Followed | undefined {
    return [...this.followed.values()].findLast(({ like }) => like.movieId === movieId);
  }

  /** The like that was clicked last. */
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

  refused(id: string, detail: string): void {
    const refused = this.followed.get(id);
    this.change(id, () => ({ stage: { name: "refused", detail } }));
    // Those that were clicked later counted on it.
    for (const { like } of this.of(refused?.like.movieId)) {
      if (like.target !== null && refused?.like.target && like.target > refused.like.target) {
        this.change(like.id, () => ({ like: { ...like, target: (like.target ?? 0) - 1 } }));
      }
    }
  }

  /** Takes note of counts that the API has told, and returns the likes that they are the first to have. */
  confirm(counts: ReadonlyMap<string, number>): Like[] {
    const counted: Like[] = [];
    for (const [movieId, count] of counts) {
      // A later answer may have been sent earlier.
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

  /** The count to show; undefined while none is known. */
  shown(movieId: string): number | undefined {
    const confirmed = this.confirmed.get(movieId);
    if (confirmed === undefined) {
      return undefined;
    }
    const targets = this.of(movieId).map(({ like, stage }) => (stage.name === "refused" ? 0 : like.target));
    return Math.max(confirmed, ...targets.map((target) => target ?? 0));
  }

  /** Whether the count shown is not confirmed yet. */
  isOptimistic(movieId: string): boolean {
    return this.shown(movieId) !== this.confirmed.get(movieId);
  }

  /** How many likes are accepted and not seen counted, though they can be. */
  get awaiting(): number {
    const followed = [...this.followed.values()];
    return followed.filter(({ stage, like }) => stage.name === "accepted" && like.target !== null).length;
  }

  /** Gives likes that were clicked before a count was known their targets, if it cannot have them: none was sent. */
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
