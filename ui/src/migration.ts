/** Likes that an earlier version of the page has stored under the URL of its API, which may be gone. */

const BY_URL = /^likestream https?:\S+ (?<id>\S+)$/;

/** Moves likes that are stored under the URL of an API to keys of the stack, where the client finds them. */
export function migrate(storage: () => Storage, stack: string): void {
  try {
    const store = storage();
    for (const key of Object.keys(store)) {
      const id = BY_URL.exec(key)?.groups?.id;
      const like = id && store.getItem(key);
      if (like) {
        store.setItem(`likestream ${stack} ${id}`, like);
        store.removeItem(key);
      }
    }
  } catch {
    // The browser forbids the storage, or it is full: the likes stay where they are.
  }
}
