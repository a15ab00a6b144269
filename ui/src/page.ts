/** The page: films to like, and a like's path through the pipeline. */
import { Api } from "./api";
import { Card } from "./card";
import { type Config, loadConfig } from "./config";
import { html, setText } from "./dom";
import { choose, FILMS, ORDERS, type Order } from "./films";
import { Likes } from "./likes";
import { Outbox } from "./outbox";
import { Panel } from "./panel";
import { Poller } from "./poller";
import { Sender } from "./sender";
import { describe } from "./stage";

/** How often to look for likes that other tabs left unsent. */
const ADOPT_MS = 30_000;

export class Page {
  private readonly likes = new Likes();
  private readonly api: Api;
  private readonly outbox: Outbox;
  private readonly sender: Sender;
  private readonly poller: Poller;

  private readonly cards = new Map<string, Card>();
  private readonly panel = new Panel();
  private readonly search = html("input", { type: "search", id: "search", autocomplete: "off" });
  private readonly order = html("select", { id: "order" });
  private readonly found = html("p", { class: "found", role: "status" });
  private readonly films = html("ul", { class: "films" });
  private readonly notice = html("p", { class: "notice", role: "status" });
  private readonly news = html("p", { class: "unseen", role: "status" });

  private hasPolled = false;
  /** Whether the latest poll failed. */
  private isStale = false;
  /** How many likes were waiting to be counted at the latest change. */
  private awaiting = 0;

  constructor(private readonly config: Config) {
    this.api = new Api(config.apiUrl);
    this.outbox = new Outbox(() => localStorage, config.stack);
    this.sender = new Sender(
      this.api,
      this.outbox,
      this.likes,
      () => this.onChange(),
      () => void this.findApi(),
    );
    this.poller = new Poller(
      () => this.poll(),
      () => this.likes.awaiting > 0,
    );
    for (const film of FILMS) {
      this.cards.set(film.id, new Card(film, () => this.sender.like(film.id)));
    }
  }

  /** Renders the page into an element and starts it. */
  start(main: Element): void {
    const { region, build } = this.config;
    this.order.append(...Object.entries(ORDERS).map(([value, label]) => html("option", { value }, label)));
    main.replaceChildren(
      this.notice,
      html(
        "section",
        { class: "catalogue", "aria-labelledby": "films" },
        html("h2", { id: "films" }, "Films"),
        html(
          "search",
          { class: "tools" },
          html("div", {}, html("label", { for: "search" }, "Search"), this.search),
          html("div", {}, html("label", { for: "order" }, "Sort by"), this.order),
          this.found,
        ),
        this.films,
      ),
      this.panel.element,
      this.news,
    );
    document.body.append(
      html(
        "footer",
        {},
        html("p", {}, `Region ${region}, build ${build}. Film titles are the property of their owners.`),
      ),
    );
    this.search.addEventListener("input", () => this.arrange());
    this.order.addEventListener("change", () => this.arrange());
    this.arrange();

    addEventListener("online", () => {
      this.sender.resume();
      this.poller.hurry();
    });
    addEventListener("offline", () => this.sender.adopt());
    setInterval(() => this.sender.adopt(), ADOPT_MS);
    this.poller.start();
  }

  /** Shows the films that match the search, in the chosen order. */
  private arrange(): void {
    const likes = (id: string) => this.likes.shown(id) ?? 0;
    const films = choose(this.search.value, this.order.value as Order, likes);
    this.films.replaceChildren(...films.flatMap(({ id }) => this.cards.get(id)?.element ?? []));
    setText(
      this.found,
      films.length === 0 ? "No films found" : films.length === 1 ? "1 film" : `${films.length} films`,
    );
  }

  private async poll(): Promise<boolean> {
    const shown = () => FILMS.map(({ id }) => this.likes.shown(id)).join();
    const before = shown();
    try {
      const counted = this.likes.confirm(await this.api.counts(FILMS.map(({ id }) => id)));
      this.isStale = false;
      this.awaiting = this.likes.awaiting;
      return counted.length > 0 || shown() !== before;
    } catch {
      this.isStale = true;
      return false;
    } finally {
      if (!this.hasPolled) {
        this.hasPolled = true;
        this.sender.resume();
      }
      this.render();
    }
  }

  /** Looks up where the API is now: it may have been replaced while this page was open. */
  private async findApi(): Promise<void> {
    const config = await loadConfig().catch(() => undefined);
    if (config?.stack !== this.config.stack || !this.api.moveTo(config.apiUrl)) {
      return;
    }
    // The security policy allows only the API's origin at load time. The stored likes survive the reload.
    if (new URL(config.apiUrl).origin !== new URL(this.config.apiUrl).origin && this.outbox.isSafe) {
      location.reload();
    }
    this.sender.resume();
    this.poller.hurry();
  }

  private onChange(): void {
    const { awaiting } = this.likes;
    if (awaiting > this.awaiting) {
      this.poller.hurry();
    }
    this.awaiting = awaiting;
    this.render();
  }

  private render(): void {
    for (const [id, card] of this.cards) {
      card.update(this.likes.shown(id), this.likes.isOptimistic(id), this.likes.latestOf(id));
    }
    const latest = this.likes.latest();
    const title = FILMS.find(({ id }) => id === latest?.like.movieId)?.title ?? "";
    this.panel.update(latest, title);
    setText(this.news, latest ? `${title}: ${describe(latest.stage)}` : "");
    setText(this.notice, this.warning());
  }

  /** A notice about the page as a whole; empty if all is well. */
  private warning(): string {
    if (!this.outbox.isSafe) {
      return "This browser does not allow the page to store likes. Keep the page open until they are accepted.";
    }
    if (!navigator.onLine) {
      return "You are offline. Your likes are saved and will be sent when you reconnect. Counts may be out of date.";
    }
    if (this.sender.isStuck) {
      return "Likes cannot be sent right now. They are saved and will be sent when the API is available again.";
    }
    return this.isStale ? "Counts cannot be updated right now and may be out of date." : "";
  }
}
