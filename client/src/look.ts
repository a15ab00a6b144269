/** What the custom element looks like. A page may change it by its parts, custom properties and states. */

const CSS = `
:host { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 0.25em 0.6em; }
:host([hidden]), [hidden] { display: none !important; }
button {
  display: inline-flex; align-items: center; gap: 0.4em; min-height: 2.25em; padding: 0.3em 0.8em;
  font: inherit; color: var(--like-button-color, inherit); cursor: pointer;
  background: var(--like-button-background, transparent);
  border: var(--like-button-border, 1px solid currentColor);
  border-radius: var(--like-button-radius, 999px);
}
button:focus-visible { outline: 2px solid; outline-offset: 2px; }
button[aria-pressed="true"], button:disabled { cursor: default; }
svg { width: 1.15em; height: 1.15em; fill: none; stroke: currentColor; stroke-width: 2; }
[aria-pressed="true"] svg {
  fill: var(--like-button-liked-color, #d22f5a); stroke: var(--like-button-liked-color, #d22f5a);
}
[part="count"] { font-variant-numeric: tabular-nums; }
[part="status"] { font-size: 0.85em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

const HTML = `
<button part="button" type="button" aria-pressed="false" disabled>
  <svg part="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 21 3.6 12.6a5.4 5.4 0 0 1 7.7-7.6l.7.8.7-.8a5.4 5.4 0 0 1 7.7 7.6z"/>
  </svg>
  <span part="label"><slot>Like</slot><slot name="liked" hidden>Liked</slot></span>
  <span class="unseen"></span>
  <span part="count"></span>
</button>
<span part="status" role="status"></span>
`;

const STATUS: Record<string, string> = {
  waiting: '<slot name="waiting">Saved, will be sent later</slot>',
  rejected: '<slot name="rejected">Not accepted</slot>',
  abandoned: '<slot name="abandoned">Could not be sent</slot>',
};

let styles: CSSStyleSheet | undefined;

export interface State {
  readonly isLiked: boolean;
  readonly count: number | undefined;
  /** The stage of the visitor's like, if there is one. */
  readonly stage: string | undefined;
}

/** The inside of an element. */
export class Look {
  readonly button: HTMLButtonElement;
  private readonly label: Element;
  private readonly count: Element;
  private readonly status: Element;
  private readonly slots: NodeListOf<HTMLSlotElement>;
  private stage: string | undefined;

  constructor(host: HTMLElement) {
    const root = host.attachShadow({ mode: "open", delegatesFocus: true });
    if (!styles) {
      styles = new CSSStyleSheet();
      styles.replaceSync(CSS);
    }
    // Unlike a style element, this needs no permission in the page's security policy.
    root.adoptedStyleSheets = [styles];
    root.innerHTML = HTML;
    this.button = root.querySelector("button") as HTMLButtonElement;
    [this.label, this.count, this.status] = [".unseen", "[part=count]", "[part=status]"].map(
      (selector) => root.querySelector(selector) as Element,
    ) as [Element, Element, Element];
    this.slots = root.querySelectorAll("slot");
  }

  /** Names what is liked, for those who cannot see where the button is. */
  name(label: string): void {
    this.label.textContent = label;
  }

  show({ isLiked, count, stage }: State): void {
    this.button.ariaPressed = String(isLiked);
    for (const slot of this.slots) {
      slot.hidden = (slot.name === "liked") !== isLiked;
    }
    this.count.textContent = count?.toLocaleString() ?? "";
    // A screen reader announces it each time it is written.
    if (this.stage !== stage) {
      this.stage = stage;
      this.status.innerHTML = STATUS[stage ?? ""] ?? "";
    }
  }
}
