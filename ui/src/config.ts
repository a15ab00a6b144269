/** The page's configuration, made from a stack's outputs. It is read when the page is opened, and again when the API does not answer. */

export interface Config {
  /** The stack's name; what the browser keeps is filed under it. */
  readonly stack: string;
  /** The API's base URL, without a slash at its end. */
  readonly apiUrl: string;
  /** The AWS region. */
  readonly region: string;
  /** The source that the page was built from. */
  readonly build: string;
}

/** The configuration is missing or wrong; the message says what is. */
export class ConfigError extends Error {}

/** Beside the page. */
const FILE = "config.json";

/**
 * Reads the configuration.
 *
 * @throws ConfigError if it cannot be had or is not in form.
 */
export async function loadConfig(): Promise<Config> {
  const response = await fetch(FILE, { cache: "no-store" }).catch(() => undefined);
  if (!response) {
    throw new ConfigError(`${FILE} cannot be reached`);
  }
  if (!response.ok) {
    throw new ConfigError(`${FILE} is missing: the server answered ${response.status}`);
  }
  return parseConfig(await response.text());
}

/**
 * Reads a configuration from JSON.
 *
 * @throws ConfigError saying what is wrong with it.
 */
export function parseConfig(text: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${FILE} is not JSON`);
  }
  const { stack = "", apiUrl, region, build } = (value ?? {}) as Record<string, unknown>;
  if (typeof apiUrl !== "string" || !/^https?:$/.test(protocolOf(apiUrl))) {
    throw new ConfigError(`${FILE} must name the API: "apiUrl" must be its URL`);
  }
  if (typeof stack !== "string" || /\s/.test(stack)) {
    throw new ConfigError(`${FILE} has a wrong "stack": it must be a stack's name`);
  }
  for (const [name, member] of Object.entries({ region, build })) {
    if (typeof member !== "string" || member === "") {
      throw new ConfigError(`${FILE} must have "${name}", a text`);
    }
  }
  return { stack, apiUrl: apiUrl.replace(/\/+$/, ""), region: region as string, build: build as string };
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}
