/** Draws the pictures of the page for the README, and measures what a first visit costs. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Browser } from "playwright-core";
import { findBrowser, launchBrowser } from "./browser";
import { outputs } from "./stack";

const FOLDER = path.join(import.meta.dirname, "..", "..", "docs", "images");

const PICTURES = [
  { file: "page.png", width: 1280, height: 860, colorScheme: "light" },
  { file: "page-dark.png", width: 1280, height: 860, colorScheme: "dark" },
  { file: "page-phone.png", width: 390, height: 844, colorScheme: "light" },
] as const;

async function draw(browser: Browser): Promise<void> {
  fs.mkdirSync(FOLDER, { recursive: true });
  for (const { file, width, height, colorScheme } of PICTURES) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
    await page.goto(website);
    for (const title of ["Alien", "Blade Runner", "Alien", "Amélie"]) {
      await page.getByRole("button", { name: `Like ${title}`, exact: true }).click();
    }
    await page.locator(".state[data-stage=counted]").nth(2).waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.screenshot({ path: path.join(FOLDER, file) });
    await page.close();
    console.log(`Drew docs/images/${file}`);
  }
}

/** A first visit with nothing cached: what is loaded until the counts are shown and a like can be sent. */
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
      "bytes, not compressed": loads.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
      "first contentful paint, ms": Math.round(
        performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
      ),
      "page's code loaded and run, ms": Math.round(visit?.domContentLoadedEventEnd ?? 0),
      "buttons there and counts shown, ms": Math.round(performance.now()),
    };
  });
  console.table(figures);
}

const website = outputs.websiteUrl ?? "";
const executable = findBrowser();
if (!executable) {
  console.error("error: there is no Chromium: apt-get install chromium");
  process.exit(1);
}
const browser = await launchBrowser(executable);
await draw(browser);
await measure(browser);
await browser.close();
