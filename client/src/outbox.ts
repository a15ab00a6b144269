/** The likes that the API has not accepted yet, in a storage where they outlive the page. */
import type { Like } from "./like.js";
import type { FallbackStorage } from "./storage.js";

/** Each like has its own key, so tabs that share the storage never overwrite each other's likes. */
export class Outbox {
  private readonly prefix: string;

  constructor(
    private readonly storage: FallbackStorage,
    /** Clients with the same name share their likes. */
    name: string,
  ) {
    this.prefix = `likestream ${name} `;
  }

  /** Whether all likes outlive the page. */
  get isSafe(): boolean {
    return this.storage.isSafe(this.prefix);
  }

  /** Returns whether the like outlives the page. */
  put(like: Like): boolean {
    return this.storage.set(this.prefix + like.id, JSON.stringify(like));
  }

  remove(id: string): void {
    this.storage.remove(this.prefix + id);
  }

  /** Whether a like is still to be sent; another tab may have sent it. */
  has(id: string): boolean {
    return this.read(this.prefix + id) !== undefined;
  }

  /** All likes still to be sent, from all tabs, in the order of their creation. */
  all(): Like[] {
    const likes = this.storage.keys(this.prefix).flatMap((key) => this.read(key) ?? []);
    return likes.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  private read(key: string): Like | undefined {
    try {
      const like = JSON.parse(this.storage.get(key) ?? "null");
      return typeof like?.movieId === "string" && key === this.prefix + like.id ? like : undefined;
    } catch {
      return undefined;
    }
  }
}
