/** The browser installed on this machine. */
import * as fs from "node:fs";
import * as path from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The message shown if there is no browser. */
export const NO_BROWSER = "Chromium is missing; install it, on Debian with: apt-get install chromium";

/** Keeps the browser from calling home, and from needing a GPU or a sandbox, which containers lack. */
export const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of Chromium or Chrome; undefined if neither is installed. */
export function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return candidates.find((candidate) => fs.existsSync(candidate));
}
