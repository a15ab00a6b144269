/** Lets a number of tasks run at once and some more wait, in turn. */
import type { EventEmitter } from "node:events";

export class Turnstile {
  private inside = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
  ) {}

  /**
   * Runs a task when it is its turn, and resolves when it is over; whoever closes before is passed over.
   *
   * @returns false, at once, if too many wait already.
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
        // It takes this one's place.
        next();
      } else {
        this.inside -= 1;
      }
    }
    return true;
  }

  /** Waits for a place; resolves to false if the caller is gone before. */
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
