/** Pauses that grow, so that what is overloaded is left in peace, and differ, so that not all come back at once. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** How long to wait after so many failures in a row: half of it is chance. */
export function pauseMs(failures: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return longest * (0.5 + random / 2);
}
