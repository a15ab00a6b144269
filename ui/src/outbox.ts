/** The likes that the API has not accepted yet, in the browser's local storage, where they outlive the page. */
import type { Like } from "./like";

/** What the outbox needs of `localStorage`. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** The old key of a like, under the URL of its API, which may be gone. */
const BY_URL = /^likestream https?:\S+ (?<id>\S+)$/;

/**
 * Each like has its own key, so tabs that share the storage never overwrite each other's likes. Keys start with the
 * stack, so a like is sent even if the stack's API gets another URL.
 */
export class Outbox {
  private readonly prefix: string;
  /** The likes that could not be stored: the storage is full, or the browser forbids it. */
  private readonly unstored = new Map<string, Like>();

  constructor(
    /** Returns the storage, or throws if the browser forbids it. */
    private readonly store: () => Store,
    stack: string,
  ) {
    this.prefix = `likestream ${stack} `;
    this.migrate();
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
      // Storage is forbidden, so the like was never stored.
    }
  }

  /** Whether a like is still to be sent; another tab may have sent it. */
  has(id: string): boolean {
    return this.unstored.has(id) || this.read(this.prefix + id) !== undefined;
  }

  /** All likes still to be sent, from all tabs, in the order of their clicks. */
  all(): Like[] {
    const stored = this.keys().flatMap((key) => this.read(key) ?? []);
    return [...stored, ...this.unstored.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Moves likes stored under the URL of an API to keys of the stack. */
  private migrate(): void {
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
      // The likes stay where they are.
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
