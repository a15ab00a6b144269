/** Polls the counts: often while a like waits to be counted, less and less often otherwise, never in a hidden tab. */

/** While a like waits to be counted. */
const AWAITING = { firstMs: 300, longestMs: 10_000 };
/** While only others' likes can change the counts. */
const IDLE = { firstMs: 4_000, longestMs: 60_000 };
const GROWTH = 1.5;

/** The time to the next poll, after a number of consecutive polls without a change. */
export function intervalMs(isAwaiting: boolean, unchanged: number): number {
  const { firstMs, longestMs } = isAwaiting ? AWAITING : IDLE;
  return Math.min(longestMs, firstMs * GROWTH ** unchanged);
}

export class Poller {
  private unchanged = 0;
  private isPolling = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Polls once and returns whether anything changed. */
    private readonly poll: () => Promise<boolean>,
    private readonly isAwaiting: () => boolean,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", () => this.hurry());
    this.hurry();
  }

  /** Polls immediately and often again: something happened, or the user came back to the tab. */
  hurry(): void {
    this.unchanged = 0;
    this.schedule(0);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (!document.hidden && !this.isPolling) {
      this.timer = setTimeout(() => void this.run(), ms);
    }
  }

  private async run(): Promise<void> {
    this.isPolling = true;
    const isNew = await this.poll();
    this.isPolling = false;
    this.unchanged = isNew ? 0 : this.unchanged + 1;
    this.schedule(intervalMs(this.isAwaiting(), this.unchanged));
  }
}
