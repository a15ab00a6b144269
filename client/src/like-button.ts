/**
 * The custom element `<like-button movie="tt0111161" api="https://…/v1">`. Importing this module defines it; where there is
 * no DOM, as on a server that renders pages, it does nothing.
 */
import { createLikes, type Likes, type Movie } from "./index.js";
import { Look } from "./look.js";

export type { Likes, Movie } from "./index.js";

/** The clients of this page, by the API's URL. They stay open, so that likes are sent after their buttons are gone. */
const clients = new Map<string, Likes>();

function clientOf(api: string): Likes {
  const client = clients.get(api) ?? createLikes({ apiUrl: api });
  clients.set(api, client);
  return client;
}

const Base = globalThis.HTMLElement ?? (Object as unknown as typeof HTMLElement);

/**
 * A button that likes a movie and shows its likes.
 *
 * Emits `likechange`, whose `detail` is the movie, whenever that changes.
 */
export class LikeButton extends Base {
  static readonly observedAttributes = ["movie", "api", "label"];

  private readonly internals = this.attachInternals();
  private readonly look = new Look(this);
  private ownClient: Likes | undefined;
  private leave: AbortController | undefined;

  constructor() {
    super();
    this.look.button.addEventListener("click", () => this.likes?.like(this.movie));
  }

  /** The movie's id: the attribute of the same name. */
  get movie(): string {
    return this.getAttribute("movie") ?? "";
  }

  set movie(id: string) {
    this.setAttribute("movie", id);
  }

  /** The API's base URL: the attribute of the same name. */
  get api(): string {
    return this.getAttribute("api") ?? "";
  }

  set api(url: string) {
    this.setAttribute("api", url);
  }

  /**
   * The client: by default one that all buttons with the same `api` share. Set it to use a client of your own, for example
   * with a `userId`.
   */
  get likes(): Likes | undefined {
    return this.ownClient ?? (this.api ? clientOf(this.api) : undefined);
  }

  set likes(likes: Likes | undefined) {
    this.ownClient = likes;
    this.enter();
  }

  connectedCallback(): void {
    // What was set before the element was defined is in the way of the accessors.
    for (const name of ["movie", "api", "likes"] as const) {
      if (Object.hasOwn(this, name)) {
        const { [name]: value } = this;
        delete (this as Record<string, unknown>)[name];
        Object.assign(this, { [name]: value });
      }
    }
    this.enter();
  }

  disconnectedCallback(): void {
    this.leave?.abort();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === "label") {
      this.look.name(value ?? "");
    } else {
      this.enter();
    }
  }

  /** Follows the movie that the attributes name now. */
  private enter(): void {
    this.leave?.abort();
    this.look.button.disabled = true;
    const { movie: movieId, likes, isConnected } = this;
    if (!isConnected || !movieId || !likes) {
      return;
    }
    this.look.button.disabled = false;
    this.leave = new AbortController();
    const { signal } = this.leave;
    likes.addEventListener(
      "change",
      ({ movie }) => {
        if (movie.movieId === movieId) {
          this.show(movie);
          this.dispatchEvent(new CustomEvent("likechange", { detail: movie, bubbles: true }));
        }
      },
      { signal },
    );
    signal.addEventListener("abort", likes.watch(movieId));
    this.show(likes.movie(movieId));
  }

  private show({ isLiked, isOptimistic, count, like }: Movie): void {
    const stage = like?.stage.name;
    this.look.show({ isLiked, count, stage });
    const { states } = this.internals;
    states.clear();
    for (const state of [isLiked && "liked", isOptimistic && "optimistic", stage]) {
      if (state) {
        states.add(state);
      }
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "like-button": LikeButton;
  }
  interface HTMLElementEventMap {
    likechange: CustomEvent<Movie>;
  }
}

// A page may load the script twice.
if (globalThis.customElements && !customElements.get("like-button")) {
  customElements.define("like-button", LikeButton);
}
