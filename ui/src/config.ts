/**
 * The page's configuration, created from a stack's outputs. It is read when the page opens, and again when the API does
 * not answer.
 */

export interface Config {
  /** The stack's name; the browser stores likes under it. */
  readonly stack: string;
  /** The API's base URL, without a trailing slash. */
  readonly apiUrl: string;
  /** The AWS region. */
  readonly region: string;
  /** The revision that the page was built from. */
  readonly build: string;
}

/** The configuration is missing or invalid; the message says how. */
export class ConfigError extends Error {}

/** Relative to the page. */
const FILE = "config.json";

/**
 * Reads the configuration.
 *
 * @throws ConfigError if it cannot be loaded or is invalid.
 */
export async function loadConfig(): Promise<Config> {
  const response = await fetch(FILE, { cache: "no-store" }).catch(() => undefined);
  if (!response) {
    throw new ConfigError(`${FILE} cannot be loaded`);
  }
  if (!response.ok) {
    throw new ConfigError(`${FILE} is missing: the server answered ${response.status}`);
  }
  return parseConfig(await response.text());
}

/**
 * Parses a configuration.
 *
 * @throws ConfigError saying what is wrong.
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
    throw new ConfigError(`"apiUrl" in ${FILE} must be the URL of the API`);
  }
  if (typeof stack !== "string" || /\s/.test(stack)) {
    throw new ConfigError(`"stack" in ${FILE} must be the name of a stack`);
  }
  for (const [name, field] of Object.entries({ region, build })) {
    if (typeof field !== "string" || field === "") {
      throw new ConfigError(`"${name}" in ${FILE} must be a non-empty string`);
    }
  }
  return { stack, apiUrl: apiUrl.replace(/\/+$/, ""), region: region as string, build: build as string };
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}
