/** Sends likes until they are accepted: with back-off, with the same key, also those of closed tabs. */
import type { Api } from "./api";
import { pauseMs } from "./backoff";
import type { Like } from "./like";
import type { Likes } from "./likes";
import type { Outbox } from "./outbox";

/** How many likes are on their way at once. */
const AT_ONCE = 6;

/** How long after its click another tab's like is left to that tab. */
const LEFT_MS = 30_000;

/** How old a like can be and still be accepted: the API takes 24 hours, less what clocks may differ. */
const ACCEPTED_MS = 24 * 3_600_000 - 5 * 60_000;

/** After how many failures in a row the API may be somewhere else. */
const STUCK = 3;

/** How long the first likes wait for the counts, from which the page tells when they are counted. */
const COUNTS_MS = 2_000;

export class Sender {
  /** The likes that this tab sends. */
  private readonly mine = new Map<string, Like>();
  private readonly underWay = new Set<string>();
  private failures = 0;
  /** When sending goes on, by the clock that nobody sets. */
  private pausedUntil = 0;
  /** Runs out then; undefined when sending is not paused. */
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<Api, "post">,
    private readonly outbox: Outbox,
    private readonly likes: Likes,
    /** Is told of every change. */
    private readonly changed: () => void,
    /** Is told when likes could not be sent again and again, and then each time. */
    private readonly stuck: () => void = () => {},
  ) {
    this.pauseFor(COUNTS_MS);
  }

  /** Whether likes could not be sent again and again. */
  get isStuck(): boolean {
    return this.failures >= STUCK;
  }

  /** Likes a movie, now or as soon as may be. */
  like(movieId: string): void {
    const like = this.likes.click(movieId);
    this.outbox.put(like);
    this.mine.set(like.id, like);
    this.pump();
  }

  /**
   * Takes on likes that wait in the storage: all, or those that their own tab should have sent by now. If that tab is
   * there after all, both send them, and they count once.
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

  /** Tries at once what waits: the counts are there, or the network is back. */
  resume(): void {
    this.failures = 0;
    this.endPause();
    this.adopt(true);
  }

  private pump(): void {
    const online = navigator.onLine;
    for (const like of this.mine.values()) {
      if (this.underWay.has(like.id)) {
        continue;
      }
      if (!online) {
        this.likes.waiting(like.id, "offline");
      } else if (this.pause === undefined && this.underWay.size < AT_ONCE) {
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
    this.underWay.add(id);
    this.likes.sending(id);
    this.changed();
    const posted = await this.api.post(current);
    this.underWay.delete(id);
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
        this.likes.refused(id, posted.detail);
      }
    }
    this.pump();
  }

  /** The like as it is to be sent; undefined when there is nothing left to send. */
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

  /** A like whose key has become too old, with a new one, unless it may have been accepted with the old. */
  private renewed(like: Like): Like | undefined {
    this.outbox.remove(like.id);
    this.mine.delete(like.id);
    if (like.sent) {
      this.likes.refused(like.id, "it could not be sent for a day, and may have been counted or not");
      return undefined;
    }
    this.likes.refused(like.id, "it waited for more than a day and was made anew");
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
