/**
 * Sends likes, including those of closed tabs, until they are accepted: with backoff and the same key on every attempt.
 */
import type { Api } from "./api";
import { pauseMs } from "./backoff";
import type { Like } from "./like";
import type { Likes } from "./likes";
import type { Outbox } from "./outbox";

/** How many requests are in flight at once. */
const AT_ONCE = 6;

/** How long a like is left to the tab that it was clicked in. */
const LEFT_MS = 30_000;

/** How old a like can be and still be accepted: the 24 hours that the API allows, less a margin for clock skew. */
const ACCEPTED_MS = 24 * 3_600_000 - 5 * 60_000;

/** After how many consecutive failures the API may have moved. */
const STUCK = 3;

/** How long the first likes wait for the counts, which the page needs to see when they are counted. */
const COUNTS_MS = 2_000;

export class Sender {
  /** The likes that this tab sends. */
  private readonly mine = new Map<string, Like>();
  private readonly inFlight = new Set<string>();
  private failures = 0;
  /** When sending resumes, by the monotonic clock. */
  private pausedUntil = 0;
  /** The timer of the pause; undefined if sending is not paused. */
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, "post">,
    private readonly outbox: Outbox,
    private readonly likes: Likes,
    /** Called on every change. */
    private readonly changed: () => void,
    /** Called on every failure while sending is stuck. */
    private readonly stuck: () => void = () => {},
  ) {
    this.pauseFor(COUNTS_MS);
  }

  /** Whether several consecutive attempts failed. */
  get isStuck(): boolean {
    return this.failures >= STUCK;
  }

  /** Likes a movie: sent now or as soon as possible. */
  like(movieId: string): void {
    const like = this.likes.click(movieId);
    this.outbox.put(like);
    this.mine.set(like.id, like);
    this.pump();
  }

  /**
   * Takes over stored likes: all of them, or those that their own tab should have sent by now. If that tab is still
   * open, both send them, and they count once.
   */
  adopt(all = false): void {
    for (const like of this.outbox.all()) {
      if (!this.mine.has(like.id) && (all || Date.now() - like.clickedAt > LEFT_MS)) {
        this.likes.follow(like);
        this.mine.set(like.id, like);
      }
    }
    this.pump();
  }

  /** Sends all waiting likes immediately: the counts have arrived, or the network is back. */
  resume(): void {
    this.failures = 0;
    this.endPause();
    this.adopt(true);
  }

  private pump(): void {
    const online = navigator.onLine;
    for (const like of this.mine.values()) {
      if (this.inFlight.has(like.id)) {
        continue;
      }
      if (!online) {
        this.likes.waiting(like.id, "offline");
      } else if (this.pause === undefined && this.inFlight.size < AT_ONCE) {
        void this.post(like);
      }
    }
    this.changed();
  }

  private async post(like: Like): Promise<void> {
    const current = this.ready(like);
    if (!current) {
      return;
    }
    const { id } = current;
    this.inFlight.add(id);
    this.likes.sending(id);
    this.changed();
    const posted = await this.api.post(current);
    this.inFlight.delete(id);
    if (posted.outcome === "later") {
      this.likes.waiting(id, posted.why);
      this.failures += 1;
      this.pauseFor(Math.max(posted.afterMs, pauseMs(this.failures)));
      if (this.isStuck) {
        this.stuck();
      }
    } else {
      this.failures = 0;
      this.outbox.remove(id);
      this.mine.delete(id);
      if (posted.outcome === "accepted") {
        this.likes.accepted(id);
      } else {
        this.likes.rejected(id, posted.detail);
      }
    }
    this.pump();
  }

  /** The like to send; undefined if there is nothing left to send. */
  private ready(like: Like): Like | undefined {
    if (!this.outbox.has(like.id)) {
      // Another tab has sent it.
      this.mine.delete(like.id);
      this.likes.accepted(like.id);
      return undefined;
    }
    if (Date.now() - like.clickedAt > ACCEPTED_MS) {
      return this.renewed(like);
    }
    if (like.sent) {
      return like;
    }
    const sent = { ...(this.likes.get(like.id)?.like ?? like), sent: true };
    this.mine.set(like.id, sent);
    this.outbox.put(sent);
    return sent;
  }

  /** Replaces a like whose key is too old, unless the old one may have been accepted. */
  private renewed(like: Like): Like | undefined {
    this.outbox.remove(like.id);
    this.mine.delete(like.id);
    if (like.sent) {
      this.likes.rejected(like.id, "it could not be sent for a day and may or may not have been counted");
      return undefined;
    }
    this.likes.rejected(like.id, "it waited for more than a day and was replaced by a new like");
    const renewed = { ...this.likes.click(like.movieId), sent: true };
    this.mine.set(renewed.id, renewed);
    this.outbox.put(renewed);
    return renewed;
  }

  private pauseFor(ms: number): void {
    const now = performance.now();
    const until = Math.max(now + ms, this.pausedUntil);
    this.endPause();
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
