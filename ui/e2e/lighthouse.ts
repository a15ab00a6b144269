/** Judges the page on a running stack with Lighthouse, as on a phone with a slow network, and fails below the bars. */
import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";
import { ARGUMENTS, findBrowser, NO_BROWSER } from "../../client/e2e/browser";
import { outputs } from "./stack";

/** The lowest score allowed in each category. */
const BARS = { performance: 98, accessibility: 100, "best-practices": 100, seo: 100 };

/** A machine that is busy with something else slows a page down; the median is not moved by one such run. */
const RUNS = 3;

const CATEGORIES = Object.keys(BARS) as (keyof typeof BARS)[];

interface Run {
  readonly scores: Record<string, number>;
  readonly metrics: Record<string, string>;
  /** What lowered a score. */
  readonly faults: string[];
}

async function run(url: string, port: number): Promise<Run> {
  const result = await lighthouse(url, { port, logLevel: "error", onlyCategories: CATEGORIES });
  if (!result || result.lhr.runtimeError) {
    throw new Error(result?.lhr.runtimeError?.message ?? "Lighthouse has no result");
  }
  const { categories, audits } = result.lhr;
  const shown = (name: string) => audits[name]?.displayValue ?? "";
  return {
    scores: Object.fromEntries(
      CATEGORIES.map((name) => [name, Math.round((categories[name]?.score ?? 0) * 100)]),
    ),
    metrics: {
      "first contentful paint": shown("first-contentful-paint"),
      "largest contentful paint": shown("largest-contentful-paint"),
      "total blocking time": shown("total-blocking-time"),
      "cumulative layout shift": shown("cumulative-layout-shift"),
      "total size": shown("total-byte-weight"),
    },
    faults: CATEGORIES.flatMap((name) =>
      (categories[name]?.auditRefs ?? [])
        .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
        .map(({ id }) => `${name}: ${audits[id]?.title}`),
    ),
  };
}

const url = outputs.websiteUrl;
const chromePath = findBrowser();
if (!url || !chromePath) {
  console.error(`error: ${url ? NO_BROWSER : "the stack has no website"}`);
  process.exit(1);
}
const chrome = await chromeLauncher.launch({ chromePath, chromeFlags: ["--headless=new", ...ARGUMENTS] });
const runs: Run[] = [];
try {
  for (let count = 0; count < RUNS; count += 1) {
    runs.push(await run(url, chrome.port));
  }
} finally {
  chrome.kill();
}
runs.sort((one, other) => (one.scores.performance ?? 0) - (other.scores.performance ?? 0));
const median = runs[Math.floor(RUNS / 2)] as Run;
console.log(`Lighthouse ${RUNS} times; the run with the median performance:`);
console.table({ ...median.scores, ...median.metrics });
console.log(`Performance in all runs: ${runs.map(({ scores }) => scores.performance).join(", ")}`);
const low = CATEGORIES.filter((name) => (median.scores[name] ?? 0) < BARS[name]);
if (low.length > 0) {
  const faults = median.faults.filter((fault) => low.some((name) => fault.startsWith(`${name}: `)));
  const bars = low.map((name) => `${name} ${median.scores[name]}, at least ${BARS[name]} required`);
  console.error(`error: the page is below the bar: ${bars.join("; ")}\n${faults.join("\n")}`);
  process.exitCode = 1;
}
