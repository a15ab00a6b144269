/** Asks for the counts again and again: often while a like is to be counted, ever more rarely else, never unseen. */

/** While a like waits to be counted. */
const AWAITING = { firstMs: 300, longestMs: 10_000 };
/** While the counts of others' likes are all there is to see. */
const IDLE = { firstMs: 4_000, longestMs: 60_000 };
const GROWTH = 1.5;

/** The time to the next poll after so many in a row that brought nothing new. */
export function intervalMs(isAwaiting: boolean, unchanged: number): number {
  const { firstMs, longestMs } = isAwaiting ? AWAITING : IDLE;
  return Math.min(longestMs, firstMs * GROWTH ** unchanged);
}

export class Poller {
  private unchanged = 0;
  private isPolling = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Asks once and says whether there is something new. */
    private readonly poll: () => Promise<boolean>,
    private readonly isAwaiting: () => boolean,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", () => this.hurry());
    this.hurry();
  }

  /** Polls at once and often again: something has happened, or somebody has come back to look. */
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
