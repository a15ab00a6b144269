/** Who likes: a random id that stands for this browser. */
import { randomHex } from "./ids.js";
import type { FallbackStorage } from "./storage.js";

/** The visitor's id, created with the first like: no one who only looks is given an id. */
export class Visitor {
  private readonly key: string;

  constructor(
    private readonly storage: FallbackStorage,
    /** Clients with the same name share the id; APIs cannot compare the ids of others. */
    name: string,
  ) {
    this.key = `likestream-user ${name}`;
  }

  /** Undefined before the first like. */
  get id(): string | undefined {
    return this.storage.get(this.key) ?? undefined;
  }

  /** The id, created if there is none. */
  identify(): string {
    if (!this.id) {
      this.storage.set(this.key, randomHex(16));
    }
    return this.id as string;
  }
}
