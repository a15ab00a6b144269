/** Exponential backoff with jitter: spares an overloaded API, and spreads the retries of many pages. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait after a number of consecutive failures; half of it is random. */
export function pauseMs(failures: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return longest * (0.5 + random / 2);
}
