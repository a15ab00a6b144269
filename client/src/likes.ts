/** Likes movies, and tells how far each like has got and how many likes a movie has. */
import { Api } from "./api.js";
import { LikesEvents, MovieEvent, StatusEvent } from "./events.js";
import { Liked } from "./liked.js";
import { Outbox } from "./outbox.js";
import { Poller } from "./poller.js";
import { Sender } from "./sender.js";
import { isAlive } from "./stage.js";
import { isSame, type Movie, type Status } from "./state.js";
import { FallbackStorage, type Store } from "./storage.js";
import { Tracker } from "./tracker.js";
import { Visitor } from "./visitor.js";

/** How often to look for likes that other tabs left unsent. */
const ADOPT_MS = 30_000;

export interface LikesOptions {
  /** The API's base URL: a stack's output `invokeUrl`. */
  readonly apiUrl: string;
  /**
   * Names what is stored: clients with the same name share their likes. By default the API's URL. Give a name if the API
   * may get another URL, and its likes are to reach it there.
   */
  readonly name?: string;
  /**
   * Who likes: a user likes a movie once, ever. By default a random id that is created with the first like and stored.
   * With `null` likes are anonymous, and each call of `like` is a like.
   */
  readonly userId?: string | null;
  /** Where likes wait until they are accepted: by default `localStorage`, or memory where there is none. */
  readonly storage?: Store;
}

/**
 * Creates a client, which sends the likes that an earlier one left unsent, and emits events until it is closed.
 *
 * @throws TypeError if `apiUrl` is not an http(s) URL.
 */
export function createLikes(options: LikesOptions): Likes {
  return new Likes(options);
}

export class Likes extends LikesEvents {
  private readonly api: Api;
  private readonly outbox: Outbox;
  private readonly liked: Liked;
  private readonly visitor: Visitor;
  private readonly tracker = new Tracker((movieId) => this.tell(movieId));
  private readonly sender: Sender;
  private readonly poller: Poller;
  private readonly closing = new AbortController();
  private readonly adopting: ReturnType<typeof setInterval>;
  private readonly givenUserId: string | null | undefined;

  /** How many watch each movie. */
  private readonly watched = new Map<string, number>();
  private readonly movies = new Map<string, Movie>();
  /** What the latest events told. */
  private readonly told = new Map<string, Movie>();
  private toldStatus: Status;
  private hasPolled = false;
  private isStale = false;
  /** How many likes were waiting to be counted at the latest change. */
  private awaiting = 0;
  /** How often a movie has changed. */
  private changes = 0;

  /** Use `createLikes`. */
  constructor({ apiUrl, name = baseUrl(apiUrl), userId, storage }: LikesOptions) {
    super();
    // Node has a local storage too, but warns of it.
    const shelf = new FallbackStorage(() => storage ?? (globalThis.document ? localStorage : undefined));
    this.api = new Api(baseUrl(apiUrl));
    this.outbox = new Outbox(shelf, name);
    this.liked = new Liked(shelf, name);
    this.visitor = new Visitor(shelf, name);
    this.givenUserId = userId;
    this.sender = new Sender({
      api: this.api,
      outbox: this.outbox,
      liked: this.liked,
      tracker: this.tracker,
      changed: () => this.onAttempt(),
      stuck: () => this.emit(new Event("stuck")),
    });
    this.poller = new Poller({
      poll: () => this.poll(),
      isNeeded: () => !this.hasPolled || this.polled().length > 0,
      isAwaiting: () => this.tracker.awaiting > 0,
    });
    this.toldStatus = this.status;
    this.adopting = setInterval(() => this.sender.adopt(), ADOPT_MS);
    // In Node, a client without likes does not keep the process alive.
    (this.adopting as { unref?(): void }).unref?.();
    this.listen();
    this.poller.hurry();
  }

  /** The id that likes are sent with; undefined before the first like, and for anonymous likes. */
  get userId(): string | undefined {
    return this.givenUserId === undefined ? this.visitor.id : (this.givenUserId ?? undefined);
  }

  /** How the client is doing. */
  get status(): Status {
    return {
      isOnline: globalThis.navigator?.onLine !== false,
      isStuck: this.sender.isStuck,
      isStale: this.isStale,
      isSafe: this.outbox.isSafe,
    };
  }

  /** Likes a movie, unless the user likes it already. Its events tell how far the like has got. */
  like(movieId: string): void {
    this.closing.signal.throwIfAborted();
    const isAnonymous = this.givenUserId === null;
    if (isAnonymous || !this.movie(movieId).isLiked) {
      const userId = isAnonymous ? undefined : (this.givenUserId ?? this.visitor.identify());
      this.sender.like(movieId, userId);
      this.poller.hurry();
    }
  }

  /** The state of a movie. Its count is known only while the movie is watched, or a like of it is on its way. */
  movie(movieId: string): Movie {
    const { tracker, userId } = this;
    const like = tracker.latestOf(movieId, userId);
    const movie = {
      movieId,
      count: tracker.shown(movieId),
      isOptimistic: tracker.isOptimistic(movieId),
      isLiked: (like !== undefined && isAlive(like)) || this.liked.has(userId, movieId),
      like,
    };
    const last = this.movies.get(movieId);
    if (last && isSame(last, movie)) {
      return last;
    }
    this.movies.set(movieId, movie);
    return movie;
  }

  /** Polls a movie's count until the function that this returns is called. All movies share one request, up to 100. */
  watch(movieId: string): () => void {
    const change = (by: number) => {
      const uses = (this.watched.get(movieId) ?? 0) + by;
      if (uses > 0) {
        this.watched.set(movieId, uses);
      } else {
        this.watched.delete(movieId);
      }
      return uses;
    };
    if (change(1) === 1) {
      this.poller.hurry();
    }
    let isWatching = true;
    return () => {
      if (isWatching) {
        isWatching = false;
        change(-1);
      }
    };
  }

  /**
   * Switches to another URL of the same API, and sends the waiting likes there. Returns whether it differs.
   *
   * @throws TypeError if it is not an http(s) URL.
   */
  moveTo(apiUrl: string): boolean {
    const hasMoved = this.api.moveTo(baseUrl(apiUrl));
    if (hasMoved) {
      this.retry();
    }
    return hasMoved;
  }

  /** Stops polling, sending and events. Likes that are not accepted yet stay in the storage, for the next client. */
  close(): void {
    this.closing.abort();
    clearInterval(this.adopting);
    this.sender.close();
    this.poller.close();
  }

  private listen(): void {
    const on = (target: EventTarget | undefined, type: string, listener: (event: Event) => void) =>
      target?.addEventListener?.(type, listener, { signal: this.closing.signal });
    // Only a browser has these events.
    on(globalThis as unknown as EventTarget, "online", () => this.retry());
    on(globalThis as unknown as EventTarget, "offline", () => this.sender.adopt());
    on(globalThis as unknown as EventTarget, "storage", (event) => this.onStorage(event as StorageEvent));
    on(globalThis.document, "visibilitychange", () => this.poller.hurry());
  }

  private retry(): void {
    this.sender.resume();
    this.poller.hurry();
  }

  /** Another tab has liked a movie, or has seen the like counted. */
  private onStorage({ key }: StorageEvent): void {
    if (key === null || key.startsWith(this.liked.prefix)) {
      for (const movieId of new Set([...this.watched.keys(), ...this.told.keys()])) {
        this.tell(movieId);
      }
      this.poller.hurry();
    }
  }

  private onAttempt(): void {
    const { awaiting } = this.tracker;
    if (awaiting > this.awaiting) {
      this.poller.hurry();
    }
    this.awaiting = awaiting;
    this.tellStatus();
  }

  /** The movies whose counts somebody wants to know. */
  private polled(): string[] {
    const stored = this.hasPolled ? [] : this.outbox.all().map(({ movieId }) => movieId);
    return [...new Set([...this.watched.keys(), ...this.tracker.unsettled(), ...stored])];
  }

  private async poll(): Promise<boolean> {
    const { changes } = this;
    try {
      const counts = await this.api.counts(this.polled());
      for (const [movieId, count] of counts) {
        this.liked.confirm(this.userId, movieId, count);
      }
      this.tracker.confirm(counts);
      this.isStale = false;
      this.awaiting = this.tracker.awaiting;
    } catch {
      this.isStale = true;
    }
    if (this.hasPolled) {
      this.sender.pump();
    } else {
      this.hasPolled = true;
      this.sender.resume();
    }
    return this.changes !== changes;
  }

  private tell(movieId: string): void {
    const movie = this.movie(movieId);
    if (this.told.get(movieId) !== movie) {
      this.told.set(movieId, movie);
      this.changes += 1;
      this.emit(new MovieEvent(movie));
    }
  }

  private tellStatus(): void {
    const { status } = this;
    if (!isSame(this.toldStatus, status)) {
      this.toldStatus = status;
      this.emit(new StatusEvent(status));
    }
  }

  private emit(event: Event): void {
    if (!this.closing.signal.aborted) {
      this.dispatchEvent(event);
    }
  }
}

/** @throws TypeError if it is not an http(s) URL. */
function baseUrl(apiUrl: string): string {
  const { protocol, href } = new URL(apiUrl, globalThis.document?.baseURI);
  if (!/^https?:$/.test(protocol)) {
    throw new TypeError(`apiUrl must be an http(s) URL; it is ${apiUrl}`);
  }
  return href.replace(/\/+$/, "");
}
