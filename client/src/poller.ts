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

/** What there is to poll for. */
export interface Interest {
  /** Polls once and returns whether anything changed. */
  poll(): Promise<boolean>;
  /** Whether there is anything to poll for. */
  isNeeded(): boolean;
  /** Whether a like waits to be counted. */
  isAwaiting(): boolean;
}

export class Poller {
  private unchanged = 0;
  private isPolling = false;
  private isHurried = false;
  private isClosed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly interest: Interest) {}

  /** Polls immediately and often again: something happened, or the user came back to the tab. */
  hurry(): void {
    this.unchanged = 0;
    this.isHurried = this.isPolling;
    this.schedule(0);
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    const isHidden = globalThis.document?.hidden ?? false;
    if (!isHidden && !this.isPolling && !this.isClosed && this.interest.isNeeded()) {
      this.timer = setTimeout(() => void this.run(), ms);
    }
  }

  private async run(): Promise<void> {
    this.isPolling = true;
    const isNew = await this.interest.poll();
    this.isPolling = false;
    this.unchanged = isNew || this.isHurried ? 0 : this.unchanged + 1;
    this.schedule(this.isHurried ? 0 : intervalMs(this.interest.isAwaiting(), this.unchanged));
    this.isHurried = false;
  }
}
