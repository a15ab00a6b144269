/**
 * Sends likes, including those of closed tabs, until they are accepted: with backoff and the same key on every attempt.
 */
import type { Api } from "./api.js";
import { pauseMs } from "./backoff.js";
import type { Like } from "./like.js";
import type { Liked } from "./liked.js";
import type { Outbox } from "./outbox.js";
import type { Tracker } from "./tracker.js";

/** How many requests are in flight at once. */
const AT_ONCE = 6;

/** How long a like is left to the tab that it was clicked in. */
const LEFT_MS = 30_000;

/** How old a like can be and still be accepted: the 24 hours that the API allows, less a margin for clock skew. */
const ACCEPTED_MS = 24 * 3_600_000 - 5 * 60_000;

/** After how many consecutive failures the API may have moved. */
const STUCK = 3;

/** How long a like waits for the movie's count, without which nobody can see when the like is counted. */
const COUNT_MS = 2_000;

/** Where a sender's likes come from, and what learns of their progress. */
export interface Surroundings {
  readonly api: Pick<Api, "post">;
  readonly outbox: Outbox;
  readonly liked: Liked;
  readonly tracker: Tracker;
  /** Called after every attempt. */
  readonly changed?: () => void;
  /** Called on every failure while sending is stuck. */
  readonly stuck?: () => void;
}

export class Sender {
  /** The likes that this tab sends. */
  private readonly mine = new Map<string, Like>();
  private readonly inFlight = new Set<string>();
  /** The likes that wait for their movie's count, with the timers that end the wait. */
  private readonly held = new Map<string, ReturnType<typeof setTimeout>>();
  private failures = 0;
  /** When sending resumes, by the monotonic clock. */
  private pausedUntil = 0;
  /** The timer of the pause; undefined if sending is not paused. */
  private pause: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(private readonly around: Surroundings) {}

  /** Whether several consecutive attempts failed. */
  get isStuck(): boolean {
    return this.failures >= STUCK;
  }

  /** Likes a movie: sent now or as soon as possible. */
  like(movieId: string, userId?: string): void {
    const { tracker, outbox, liked } = this.around;
    const like = tracker.click(movieId, userId);
    // A like that could be lost with the page is not remembered before it is accepted.
    if (outbox.put(like)) {
      liked.add(like);
    }
    this.mine.set(like.id, like);
    if (like.target === null) {
      this.held.set(
        like.id,
        setTimeout(() => this.release(like.id), COUNT_MS),
      );
    }
    this.pump();
  }

  /**
   * Takes over stored likes: all of them, or those that their own tab should have sent by now. If that tab is still
   * open, both send them, and they count once.
   */
  adopt(all = false): void {
    for (const like of this.around.outbox.all()) {
      if (!this.mine.has(like.id) && (all || Date.now() - like.clickedAt > LEFT_MS)) {
        this.mine.set(like.id, like);
        this.around.tracker.follow(like);
      }
    }
    this.pump();
  }

  /** Sends all waiting likes immediately: the client starts, or the network is back. */
  resume(): void {
    this.failures = 0;
    this.endPause();
    this.adopt(true);
  }

  /** Sends what can be sent now, for example because counts have arrived. */
  pump(): void {
    if (this.isClosed) {
      return;
    }
    const isOnline = globalThis.navigator?.onLine !== false;
    for (const like of this.mine.values()) {
      if (this.inFlight.has(like.id)) {
        continue;
      }
      if (!isOnline) {
        this.around.tracker.waiting(like.id, "offline");
      } else if (this.pause === undefined && this.inFlight.size < AT_ONCE && !this.isHeld(like)) {
        void this.post(like);
      }
    }
    this.around.changed?.();
  }

  /** Sends nothing more; requests in flight end as usual. */
  close(): void {
    this.isClosed = true;
    this.endPause();
    for (const timer of this.held.values()) {
      clearTimeout(timer);
    }
  }

  private isHeld({ id, movieId }: Like): boolean {
    if (this.held.has(id) && this.around.tracker.shown(movieId) !== undefined) {
      clearTimeout(this.held.get(id));
      this.held.delete(id);
    }
    return this.held.has(id);
  }

  private release(id: string): void {
    this.held.delete(id);
    this.pump();
  }

  private async post(like: Like): Promise<void> {
    const { api, outbox, liked, tracker } = this.around;
    const current = this.ready(like);
    if (!current) {
      return;
    }
    const { id } = current;
    this.inFlight.add(id);
    tracker.sending(id);
    const posted = await api.post(current);
    this.inFlight.delete(id);
    if (posted.outcome === "later") {
      tracker.waiting(id, posted.why);
      this.failures += 1;
      this.pauseFor(Math.max(posted.afterMs, pauseMs(this.failures)));
      if (this.isStuck) {
        this.around.stuck?.();
      }
    } else {
      this.failures = 0;
      outbox.remove(id);
      this.mine.delete(id);
      if (posted.outcome === "accepted") {
        liked.add(current);
        tracker.accepted(id);
      } else {
        liked.remove(current);
        tracker.end(id, { name: "rejected", detail: posted.detail });
      }
    }
    this.pump();
  }

  /** The like to send; undefined if there is nothing left to send. */
  private ready(like: Like): Like | undefined {
    const { outbox, tracker } = this.around;
    if (!outbox.has(like.id)) {
      // Another tab has sent it.
      this.mine.delete(like.id);
      tracker.accepted(like.id);
      return undefined;
    }
    if (Date.now() - like.clickedAt > ACCEPTED_MS) {
      return this.renewed(like);
    }
    if (like.sent) {
      return like;
    }
    return this.replace(like, { ...(tracker.get(like.id)?.like ?? like), sent: true });
  }

  /**
   * Replaces a like whose key is too old. An anonymous like that may have been accepted is abandoned: with a new key it
   * could count twice. A user's cannot.
   */
  private renewed(like: Like): Like | undefined {
    const { outbox, tracker } = this.around;
    if (!like.sent || like.userId) {
      return this.replace(like, tracker.renew(like));
    }
    outbox.remove(like.id);
    this.mine.delete(like.id);
    const detail = "it could not be sent for a day and may have been counted";
    tracker.end(like.id, { name: "abandoned", detail });
    return undefined;
  }

  private replace(old: Like, like: Like): Like {
    this.around.outbox.put(like);
    this.mine.set(like.id, like);
    if (like.id !== old.id) {
      this.around.outbox.remove(old.id);
      this.mine.delete(old.id);
    }
    return like;
  }

  private pauseFor(ms: number): void {
    const now = performance.now();
    const until = Math.max(now + ms, this.pausedUntil);
    this.endPause();
    if (this.isClosed) {
      return;
    }
    this.pausedUntil = until;
    this.pause = setTimeout(() => {
      this.endPause();
      this.pump();
    }, until - now);
  }

  private endPause(): void {
    clearTimeout(this.pause);
    this.pause = undefined;
    this.pausedUntil = 0;
  }
}
