/** Where a client keeps what must outlive the page. */

/** What a client needs of a storage; `localStorage` has it. Methods may throw, for example if the storage is full. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** A storage that never throws: what the store does not take is kept in memory. */
export class FallbackStorage {
  private readonly memory = new Map<string, string>();

  /**
   * @param store Returns the store. It throws if the browser forbids access, and returns undefined where there is none.
   */
  constructor(private readonly store: () => Store | undefined) {}

  get(key: string): string | null {
    return this.memory.get(key) ?? this.attempt((store) => store.getItem(key)) ?? null;
  }

  /** Returns whether the value is in the store, not only in memory. */
  set(key: string, value: string): boolean {
    const isStored = this.attempt((store) => {
      store.setItem(key, value);
      return true;
    });
    if (isStored) {
      this.memory.delete(key);
    } else {
      this.memory.set(key, value);
    }
    return isStored ?? false;
  }

  remove(key: string): void {
    this.memory.delete(key);
    this.attempt((store) => store.removeItem(key));
  }

  /** The keys with a prefix. */
  keys(prefix: string): string[] {
    const stored = this.attempt((store) =>
      Array.from({ length: store.length }, (_, index) => store.key(index) ?? ""),
    );
    return [...new Set([...(stored ?? []), ...this.memory.keys()])].filter((key) => key.startsWith(prefix));
  }

  /** Whether every key with a prefix is in the store. */
  isSafe(prefix: string): boolean {
    return ![...this.memory.keys()].some((key) => key.startsWith(prefix));
  }

  /** Undefined if there is no store or it throws. */
  private attempt<T>(use: (store: Store) => T): T | undefined {
    try {
      const store = this.store();
      return store && use(store);
    } catch {
      return undefined;
    }
  }
}
