/** Limits how many tasks run at once and how many wait, first come, first served. */
import type { EventEmitter } from "node:events";

export class Turnstile {
  private inside = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /**
   * Runs a task in its turn and resolves when it ends; a caller that closes while waiting is skipped.
   *
   * @returns false immediately if the queue is full.
   */
  async pass(caller: EventEmitter, task: () => Promise<void>): Promise<boolean> {
    if (this.inside >= this.atOnce) {
      if (this.waiting.size >= this.mostWaiting) {
        return false;
      }
      if (!(await this.turn(caller))) {
        return true;
      }
    } else {
      this.inside += 1;
    }
    try {
      await task();
    } finally {
      const [next] = this.waiting;
      if (next) {
        this.waiting.delete(next);
        // The next task takes over this one's slot.
        next();
      } else {
        this.inside -= 1;
      }
    }
    return true;
  }

  /** Waits for a slot; resolves to false if the caller closes first. */
  private turn(caller: EventEmitter): Promise<boolean> {
    return new Promise((resolve) => {
      const gone = () => {
        this.waiting.delete(enter);
        resolve(false);
      };
      const enter = () => {
        caller.off("close", gone);
        resolve(true);
      };
      this.waiting.add(enter);
      caller.once("close", gone);
    });
  }
}
