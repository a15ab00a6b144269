/** Calls the API and interprets its answers. */
import type { Like } from "./like.js";
import type { components } from "./openapi.js";

type Schemas = components["schemas"];

/** The outcome of sending a like. */
export type Posted =
  /** It will be counted once. */
  | { readonly outcome: "accepted" }
  /** It may be accepted if it is retried with the same key. */
  | { readonly outcome: "later"; readonly why: Why; readonly afterMs: number }
  /** It will never be accepted. */
  | { readonly outcome: "rejected"; readonly detail: string };

/** Why a like was not accepted, as far as the client knows: no answer, `429`, or another error that may pass. */
export type Why = "network" | "throttled" | "service";

/** How long to wait for an answer: API Gateway times out after 29 s. */
const TIMEOUT_MS = 30_000;

/** The longest `Retry-After` that is respected. */
const LONGEST_WAIT_MS = 3_600_000;

/** The most movies that one request may ask for. */
const MAX_MOVIES = 100;

export class Api {
  /** @param apiUrl The API's base URL, without a trailing slash. */
  constructor(private apiUrl: string) {}

  /** Switches to another base URL. Returns whether it differs. */
  moveTo(apiUrl: string): boolean {
    const isElsewhere = apiUrl !== this.apiUrl;
    this.apiUrl = apiUrl;
    return isElsewhere;
  }

  private get url(): string {
    return `${this.apiUrl}/likes`;
  }

  /** Sends a like. Never throws: every failure is an outcome. */
  async post({ id, movieId, userId }: Like): Promise<Posted> {
    const body: Schemas["NewLike"] = { movieId, ...(userId && { userId }) };
    let response: Response;
    try {
      response = await fetch(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": id },
        body: JSON.stringify(body),
        // The request continues after the page is closed.
        keepalive: true,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      return { outcome: "later", why: "network", afterMs: 0 };
    }
    if (response.status === 202) {
      return { outcome: "accepted" };
    }
    if (isRetryable(response.status)) {
      const why = response.status === 429 ? "throttled" : "service";
      return { outcome: "later", why, afterMs: retryAfterMs(response.headers) };
    }
    return { outcome: "rejected", detail: await detailOf(response) };
  }

  /**
   * The counts of movies, by id.
   *
   * @throws Error if the API does not return them.
   */
  async counts(movieIds: readonly string[]): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (let start = 0; start < movieIds.length; start += MAX_MOVIES) {
      const query = movieIds.slice(start, start + MAX_MOVIES).map((id) => ["movieId", id]);
      const response = await fetch(`${this.url}?${new URLSearchParams(query)}`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) {
        throw new Error(`the API answered ${response.status}`);
      }
      const { likes }: Schemas["Likes"] = await response.json();
      for (const { movieId, likes: count } of likes) {
        counts.set(movieId, count);
      }
    }
    return counts;
  }
}

/** Whether the same request may succeed later. An API that was deleted, or is not deployed yet, answers 403 or 404. */
function isRetryable(status: number): boolean {
  return status >= 500 || [403, 404, 408, 425, 429].includes(status);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3; the API sends only seconds. */
function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get("Retry-After") ?? 0);
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : 0;
}

/** The details in a problem document: https://www.rfc-editor.org/rfc/rfc9457 */
async function detailOf(response: Response): Promise<string> {
  const problem: Partial<Schemas["Problem"]> | undefined = await response.json().catch(() => undefined);
  const details = [problem, problem?.errors].flat().map((part) => part?.detail);
  return details.filter((detail) => typeof detail === "string").join("; ") || `status ${response.status}`;
}
