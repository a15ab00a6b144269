/** The page: films to like, and a like's path through the pipeline. */
import { createLikes, type Followed, type Likes, type Movie } from "@likestream/client";
import { Card } from "./card";
import { type Config, loadConfig } from "./config";
import { html, setText } from "./dom";
import { choose, FILMS, ORDERS, type Order } from "./films";
import { migrate } from "./migration";
import { glide } from "./motion";
import { Panel } from "./panel";
import { describe } from "./stage";

const REORDER_MS = 600;

export class Page {
  private readonly likes: Likes;

  private readonly cards = new Map<string, Card>();
  private readonly panel = new Panel();
  private readonly search = html("input", {
    type: "search",
    id: "search",
    autocomplete: "off",
    placeholder: "Title, year or plot",
  });
  private readonly orders = html("fieldset", { class: "orders" }, html("legend", {}, "Sort by"));
  private readonly found = html("p", { class: "found", role: "status" });
  private readonly films = html("ul", { class: "films" });
  private readonly nothing = html("div", { class: "nothing", hidden: "" });
  private readonly notice = html("p", { class: "notice", role: "status" });
  private readonly news = html("p", { class: "unseen", role: "status" });
  private readonly visitor = html("p", { class: "visitor" });

  private readonly missing = html("p", { class: "missing" });

  private order: Order = "title";

  private shown: readonly string[] = [];

  /** When the films are put in order again, if their counts have changed it. */
  private reordering: ReturnType<typeof setTimeout> | undefined;

  /** The most recent like. */
  private latest: Followed | undefined;

  constructor(private readonly config: Config) {
    migrate(() => localStorage, config.stack);
    this.likes = createLikes({ apiUrl: config.apiUrl, name: config.stack });
    for (const film of FILMS) {
      const like = (heart: Element) => this.like(film.id, heart);
      this.cards.set(film.id, new Card(film, like));
    }
  }

  /** Renders the page into an element and starts it. */
  start(main: Element): void {
    const { region, build } = this.config;
    for (const [value, label] of Object.entries(ORDERS)) {
      const radio = html("input", { type: "radio", name: "order", value });
      radio.checked = value === this.order;
      radio.addEventListener("change", () => {
        this.order = value as Order;
        this.arrange();
      });
      this.orders.append(html("label", {}, radio, html("span", {}, label)));
    }
    const clear = html("button", { type: "button" }, "Show all films");
    clear.addEventListener("click", () => {
      this.search.value = "";
      this.arrange();
      this.search.focus();
    });
    this.nothing.append(this.missing, html("p", {}, "Try a word of the title, the year or the plot."), clear);
    main.replaceChildren(
      this.notice,
      html(
        "section",
        { class: "catalogue", "aria-labelledby": "films" },
        html("h2", { id: "films" }, "Films"),
        html(
          "search",
          { class: "tools" },
          html("div", { class: "field" }, html("label", { for: "search" }, "Search"), this.search),
          this.orders,
          this.found,
        ),
        this.films,
        this.nothing,
      ),
      this.panel.element,
      this.news,
    );
    document.body.append(
      html(
        "footer",
        {},
        this.visitor,
        html("p", {}, `Region ${region}, build ${build}. Film titles are the property of their owners.`),
      ),
    );
    this.search.addEventListener("input", () => this.arrange());
    this.arrange();

    this.likes.addEventListener("change", ({ movie }) => this.show(movie));
    this.likes.addEventListener("status", () => this.warn());
    this.likes.addEventListener("stuck", () => void this.findApi());
    for (const { id } of FILMS) {
      this.likes.watch(id);
      this.show(this.likes.movie(id));
    }
    this.warn();
  }

  private like(movieId: string, heart: Element): void {
    const isNew = !this.likes.movie(movieId).isLiked;
    this.likes.like(movieId);
    if (isNew && this.likes.movie(movieId).isLiked) {
      this.panel.launch(heart);
    }
  }

  /** Shows the films that match the search, in the chosen order. */
  private arrange(): void {
    const likes = (id: string) => this.likes.movie(id).count ?? 0;
    const films = choose(this.search.value, this.order, likes).map(({ id }) => id);
    if (films.join() !== this.shown.join()) {
      this.place(films);
    }
    this.nothing.hidden = films.length > 0;
    setText(this.missing, `Nothing matches “${this.search.value.trim()}”`);
    setText(
      this.found,
      films.length === 0 ? "No films found" : films.length === 1 ? "1 film" : `${films.length} films`,
    );
  }

  private place(films: readonly string[]): void {
    const isReordered = films.toSorted().join() === this.shown.toSorted().join();
    this.shown = films;
    const elements = films.flatMap((id) => this.cards.get(id)?.element ?? []);
    const focused = document.activeElement;
    const change = () => this.films.replaceChildren(...elements);
    if (isReordered) {
      glide(elements, change);
    } else {
      change();
    }
    if (focused instanceof HTMLElement && this.films.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  /** Keeps the most liked first. Waits a little, so that a film does not leave while it is pressed. */
  private reorder(): void {
    if (this.order === "likes" && this.reordering === undefined) {
      this.reordering = setTimeout(() => {
        this.reordering = undefined;
        this.arrange();
      }, REORDER_MS);
    }
  }

  /** Looks up where the API is now: it may have been replaced while this page was open. */
  private async findApi(): Promise<void> {
    const config = await loadConfig().catch(() => undefined);
    if (config?.stack !== this.config.stack || !this.likes.moveTo(config.apiUrl)) {
      return;
    }
    // The security policy allows only the API's origin at load time. The stored likes survive the reload.
    if (new URL(config.apiUrl).origin !== new URL(this.config.apiUrl).origin && this.likes.status.isSafe) {
      location.reload();
    }
  }

  private show(movie: Movie): void {
    this.cards.get(movie.movieId)?.update(movie);
    this.reorder();
    // Keys are in the order of their creation.
    if (movie.like && movie.like.like.id >= (this.latest?.like.id ?? "")) {
      this.latest = movie.like;
      const film = FILMS.find(({ id }) => id === movie.movieId);
      this.panel.update(this.latest, film);
      setText(this.news, `${film?.title}: ${describe(this.latest.stage)}`);
    }
    const { userId } = this.likes;
    setText(this.visitor, userId ? `Your likes are stored under a random id: ${userId}.` : "");
  }

  private warn(): void {
    setText(this.notice, this.warning());
  }

  /** A notice about the page as a whole; empty if all is well. */
  private warning(): string {
    const { isSafe, isOnline, isStuck, isStale } = this.likes.status;
    if (!isSafe) {
      return "This browser does not allow the page to store likes. Keep the page open until they are accepted.";
    }
    if (!isOnline) {
      return "You are offline. Your likes are saved and will be sent when you reconnect. Counts may be out of date.";
    }
    if (isStuck) {
      return "Likes cannot be sent right now. They are saved and will be sent when the API is available again.";
    }
    return isStale ? "Counts cannot be updated right now and may be out of date." : "";
  }
}
