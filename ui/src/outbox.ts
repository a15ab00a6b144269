/** The likes that the API has not accepted yet, in the browser's local storage: they outlive the page. */
import type { Like } from "./like";

/** What the outbox needs of `localStorage`. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** How likes were filed once: by the URL of their API, which may be gone. */
const BY_URL = /^likestream https?:\S+ (?<id>\S+)$/;

/**
 * Each like has an entry of its own, so tabs that share the storage never overwrite each other's likes. They are filed by
 * their stack, so a like finds its way also when the stack's API has got another URL.
 */
export class Outbox {
  private readonly prefix: string;
  /** The likes that the storage does not take: it is full, or the browser forbids it. */
  private readonly unstored = new Map<string, Like>();

  constructor(
    /** Gives the storage, or throws when the browser forbids it. */
    private readonly store: () => Store,
    stack: string,
  ) {
    this.prefix = `likestream ${stack} `;
    this.carryOver();
  }

  /** Whether all likes outlive the page. */
  get isSafe(): boolean {
    return this.unstored.size === 0;
  }

  put(like: Like): void {
    try {
      this.store().setItem(this.prefix + like.id, JSON.stringify(like));
      this.unstored.delete(like.id);
    } catch {
      this.unstored.set(like.id, like);
    }
  }

  remove(id: string): void {
    this.unstored.delete(id);
    try {
      this.store().removeItem(this.prefix + id);
    } catch {
      // It was never stored.
    }
  }

  /** Whether a like is still to be accepted; another tab may have seen to it. */
  has(id: string): boolean {
    return this.unstored.has(id) || this.read(this.prefix + id) !== undefined;
  }

  /** All likes that are still to be accepted, whichever tab they were clicked in, in the order of their clicks. */
  all(): Like[] {
    const stored = this.keys().flatMap((key) => this.read(key) ?? []);
    return [...stored, ...this.unstored.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Files likes under the stack that were filed by a URL. */
  private carryOver(): void {
    try {
      const store = this.store();
      for (const key of keysOf(store)) {
        const id = BY_URL.exec(key)?.groups?.id;
        const like = id && store.getItem(key);
        if (like) {
          store.setItem(this.prefix + id, like);
          store.removeItem(key);
        }
      }
    } catch {
      // They stay where they are.
    }
  }

  private keys(): string[] {
    try {
      return keysOf(this.store()).filter((key) => key.startsWith(this.prefix));
    } catch {
      return [];
    }
  }

  private read(key: string): Like | undefined {
    try {
      const like = JSON.parse(this.store().getItem(key) ?? "null");
      return typeof like?.movieId === "string" && key === this.prefix + like.id ? like : undefined;
    } catch {
      return undefined;
    }
  }
}

function keysOf(store: Store): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index) ?? "");
}
