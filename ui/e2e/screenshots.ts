/** Takes the README's screenshots of the page and measures a first visit. */
import * as fs from "node:fs";
import * as path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { ARGUMENTS, findBrowser, NO_BROWSER } from "../../client/e2e/browser";
import { outputs } from "./stack";

const FOLDER = path.join(import.meta.dirname, "..", "..", "docs", "images");

const SCREENSHOTS = [
  { file: "page.png", width: 1280, height: 860, colorScheme: "light" },
  { file: "page-dark.png", width: 1280, height: 860, colorScheme: "dark" },
  { file: "page-phone.png", width: 390, height: 844, colorScheme: "light" },
] as const;

async function shoot(browser: Browser): Promise<void> {
  fs.mkdirSync(FOLDER, { recursive: true });
  for (const { file, width, height, colorScheme } of SCREENSHOTS) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
    await page.goto(website);
    for (const title of ["Alien", "Blade Runner", "Amélie"]) {
      await page.getByRole("button", { name: `Like ${title}`, exact: true }).click();
    }
    await page.locator(".state[data-stage=counted]").nth(2).waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.screenshot({ path: path.join(FOLDER, file) });
    await page.close();
    console.log(`Wrote docs/images/${file}`);
  }
}

/** Measures a first visit with an empty cache, until the counts are shown and likes can be sent. */
async function measure(browser: Browser): Promise<void> {
  const page = await browser.newPage();
  await page.goto(website);
  await page.waitForFunction(() => document.querySelector(".likes strong")?.textContent !== "–");
  const figures = await page.evaluate(() => {
    const entries = performance.getEntries() as PerformanceResourceTiming[];
    const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const loads = entries.filter(({ entryType }) => entryType === "navigation" || entryType === "resource");
    return {
      requests: loads.length,
      "bytes, uncompressed": loads.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
      "first contentful paint, ms": Math.round(
        performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
      ),
      "scripts loaded and run, ms": Math.round(visit?.domContentLoadedEventEnd ?? 0),
      "ready to like, with counts, ms": Math.round(performance.now()),
    };
  });
  console.table(figures);
}

const website = outputs.websiteUrl ?? "";
const executablePath = findBrowser();
if (!executablePath) {
  console.error(`error: ${NO_BROWSER}`);
  process.exit(1);
}
const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
await shoot(browser);
await measure(browser);
await browser.close();
