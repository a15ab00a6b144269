/** Takes the documentation's pictures of the page and of `likesctl top`, films a like, and measures a first visit. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Browser, chromium } from "playwright-core";
import { ARGUMENTS, findBrowser, NO_BROWSER } from "../../client/e2e/browser";
import { animate } from "./animation";
import { outputs } from "./stack";
import * as terminal from "./terminal";

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
    await page.locator(".film[data-stage=counted]").nth(2).waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await page.mouse.move(0, 0);
    await page.screenshot({ path: path.join(FOLDER, file) });
    await page.close();
    console.log(`Wrote docs/images/${file}`);
  }
}

const LIKESCTL = path.join(import.meta.dirname, "..", "..", "target", "debug", "likesctl");

/** How many likes a second are posted, one after the other, so that the charts have something to show. */
const RATES = [20, 35, 50, 30];

/** How long each rate lasts: together, the five minutes of the charts. */
const RATE_SECONDS = 75;

/** Takes a picture of `likesctl top` while likes are posted. */
async function shootTop(browser: Browser): Promise<void> {
  const size = { columns: 160, rows: 30 };
  for (const [index, rate] of RATES.entries()) {
    const load = spawn(LIKESCTL, ["load", "--rate", `${rate}`, "--duration", `${RATE_SECONDS}s`], {
      stdio: "ignore",
    });
    const ended = once(load, "exit");
    if (index === RATES.length - 1) {
      await setTimeout((RATE_SECONDS - 10) * 1000);
      const screen = await terminal.run(`${LIKESCTL} top`, size, "Archive", "q");
      await terminal.shoot(browser, screen, size, path.join(FOLDER, "top.png"));
    }
    const [code] = await ended;
    if (code !== 0) {
      throw new Error(`likesctl load exited with ${code}`);
    }
  }
  console.log("Wrote docs/images/top.png");
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
await animate(browser, website, "The Matrix", path.join(FOLDER, "like.webp"));
console.log("Wrote docs/images/like.webp");
await measure(browser);
await shootTop(browser);
await browser.close();
