/** The page in a browser, against a running stack. */
import * as fs from "node:fs";
import * as http from "node:http";
import { createRequire } from "node:module";
import type * as net from "node:net";
import type { Browser, BrowserContext, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findBrowser, launchBrowser } from "./browser";
import { countInTable, outputs } from "./stack";

const website = outputs.websiteUrl ?? "";
if (!website) {
  console.warn("The tests of the web page are skipped: the stack has no website");
}

const executable = findBrowser();
if (!executable) {
  const message = "there is no Chromium: apt-get install chromium";
  if (process.env.CI) {
    throw new Error(message);
  }
  console.warn(`The tests of the web page are skipped: ${message}`);
}

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long a like may take to be counted: on AWS, functions start cold and batches are gathered. */
const COUNTED = { timeout: 30_000, interval: 100 };

let browser: Browser;
let context: BrowserContext;
let page: Page;

async function open(on: Page = page): Promise<void> {
  await on.goto(website);
  await expect.poll(() => count("The Matrix", on)).toBeTypeOf("number");
}

function film(title: string, on: Page = page) {
  return on
    .getByRole("listitem")
    .filter({ has: on.getByRole("button", { name: `Like ${title}`, exact: true }) });
}

function like(title: string, on: Page = page) {
  return on.getByRole("button", { name: `Like ${title}`, exact: true });
}

/** The count that a film shows; undefined when it shows none. */
async function count(title: string, on: Page = page): Promise<number | undefined> {
  const text = await film(title, on).locator(".likes strong").innerText();
  return text === "–" ? undefined : Number(text.replaceAll(",", ""));
}

async function state(title: string, on: Page = page): Promise<string> {
  return film(title, on).locator(".state").innerText();
}

/** The likes that the browser keeps. */
function kept(on: Page = page): Promise<string[]> {
  return on.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("likestream ")));
}

/** Decides what becomes of each post, in turn; after the last, all reach the API. */
async function meddle(...turns: ((route: Route) => Promise<void>)[]): Promise<string[]> {
  const keys: string[] = [];
  await context.route(outputs.likesUrl, async (route) => {
    const request = route.request();
    if (request.method() !== "POST") {
      return route.continue();
    }
    keys.push(request.headers()["idempotency-key"] ?? "");
    await (turns.shift() ?? ((last) => last.continue()))(route);
  });
  return keys;
}

function answer(status: number, headers: Record<string, string> = {}) {
  const cors = {
    "Access-Control-Allow-Origin": website,
    "Access-Control-Expose-Headers": "retry-after",
  };
  return (route: Route) =>
    route.fulfill({
      status,
      headers: { ...cors, ...headers },
      contentType: "application/problem+json",
      body: "{}",
    });
}

async function violations(): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    return (await axe.run()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
    );
  });
  return found;
}

describe.skipIf(!executable || !website)("the page", () => {
  beforeAll(async () => {
    browser = await launchBrowser(executable ?? "");
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
  });

  afterEach(() => context.close());

  test("a click on Like is counted, in the page and in DynamoDB", async () => {
    await open();
    const before = await countInTable("tt0133093");
    await expect.poll(() => count("The Matrix")).toBe(before);
    await like("The Matrix").click();
    expect(await count("The Matrix")).toBe(before + 1);
    await expect.poll(() => state("The Matrix"), COUNTED).toBe("Counted");
    expect(await count("The Matrix")).toBe(before + 1);
    expect(await countInTable("tt0133093")).toBe(before + 1);
    expect(await like("The Matrix").getAttribute("data-stage")).toBe("counted");
    expect(await kept()).toEqual([]);
    const done = page.locator('.steps [data-state="done"] strong');
    expect(await done.allInnerTexts()).toEqual([
      "Clicked",
      "Sent to API Gateway",
      "Accepted by IngestLike",
      "Counted by UpdateCount",
    ]);
    expect(await page.locator(".steps").innerText()).toContain("This page cannot see the archive");
  });

  test("many clicks are as many likes", async () => {
    await open();
    const before = await countInTable("tt0078748");
    for (let click = 0; click < 10; click += 1) {
      await like("Alien").click();
    }
    expect(await count("Alien")).toBe(before + 10);
    await expect.poll(() => countInTable("tt0078748"), COUNTED).toBe(before + 10);
    await expect.poll(() => state("Alien"), COUNTED).toBe("Counted");
    expect(await count("Alien")).toBe(before + 10);
  });

  test("offline a like is kept, and online it is sent", async () => {
    await open();
    const before = await countInTable("tt0034583");
    await context.setOffline(true);
    await like("Casablanca").click();
    await like("Casablanca").click();
    await expect.poll(() => state("Casablanca")).toContain("Offline");
    expect(await page.locator(".notice").innerText()).toContain("You are offline");
    expect(await count("Casablanca")).toBe(before + 2);
    expect(await kept()).toHaveLength(2);
    await context.setOffline(false);
    await expect.poll(() => state("Casablanca"), COUNTED).toBe("Counted");
    expect(await countInTable("tt0034583")).toBe(before + 2);
    expect(await kept()).toEqual([]);
    expect(await page.locator(".notice").isVisible()).toBe(false);
  });

  test("what is throttled, refused for the moment, or loses its answer is sent again and counts once", async () => {
    await open();
    const before = await countInTable("tt0054215");
    const keys = await meddle(
      answer(429, { "Retry-After": "1" }),
      answer(503, { "Retry-After": "1" }),
      async (route) => {
        expect((await route.fetch()).status()).toBe(202);
        await route.abort();
      },
    );
    await like("Psycho").click();
    await expect.poll(() => state("Psycho")).toContain("Very busy");
    await expect.poll(() => state("Psycho"), COUNTED).toBe("Counted");
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(await countInTable("tt0054215")).toBe(before + 1);
    expect(await count("Psycho")).toBe(before + 1);
    expect(await page.locator(".steps").innerText()).toContain("4 times, with the same key");
  });

  test("a like that waits when the page is left is sent when it is opened again, with the same key", async () => {
    await open();
    const before = await countInTable("tt0083658");
    const keys = await meddle((route) => route.abort());
    await like("Blade Runner").click();
    await expect.poll(() => state("Blade Runner")).toContain("trying again");
    const [entry] = await kept();
    await page.reload();
    await expect.poll(() => countInTable("tt0083658"), COUNTED).toBe(before + 1);
    await expect.poll(() => kept()).toEqual([]);
    expect(new Set(keys).size).toBe(1);
    expect(entry).toContain(keys[0]);
    await expect.poll(() => count("Blade Runner"), COUNTED).toBe(before + 1);
  });

  test("two tabs show the same counts, and one sends what the other left", async () => {
    await open();
    const other = await context.newPage();
    await open(other);
    const before = await countInTable("tt0211915");
    await page.bringToFront();
    await like("Amélie").click();
    await expect.poll(() => state("Amélie"), COUNTED).toBe("Counted");
    await other.bringToFront();
    await expect.poll(() => count("Amélie", other), COUNTED).toBe(before + 1);

    await context.setOffline(true);
    await page.bringToFront();
    await like("Amélie").click();
    await expect.poll(() => kept()).toHaveLength(1);
    await page.close();
    await context.setOffline(false);
    await expect.poll(() => countInTable("tt0211915"), COUNTED).toBe(before + 2);
    await expect.poll(() => kept(other)).toEqual([]);
    await expect.poll(() => count("Amélie", other), COUNTED).toBe(before + 2);
  });

  test("a like of a page whose API was replaced is sent to the new one", async () => {
    const before = await countInTable("tt0047478");
    const config = await (await fetch(`${website}/config.json`)).json();
    const apiUrl = config.apiUrl.replace("likes", "gone");
    await page.route("**/config.json", (route) => route.fulfill({ json: { ...config, apiUrl } }), {
      times: 1,
    });
    await page.goto(website);
    await like("Seven Samurai").click();
    await expect.poll(() => countInTable("tt0047478"), COUNTED).toBe(before + 1);
    await expect.poll(() => state("Seven Samurai"), COUNTED).toMatch(/Accepted|Counted/);
    expect(await kept()).toEqual([]);
  });

  test("a like that was filed by the URL of an API that is gone is sent all the same", async () => {
    await open();
    const before = await countInTable("tt0034583");
    await context.route(outputs.likesUrl, (route) => route.abort());
    await like("Casablanca").click();
    await expect.poll(() => state("Casablanca")).toBe("No answer yet: trying again");
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage).filter((key) => key.startsWith("likestream "))) {
        const value = localStorage.getItem(key) ?? "";
        localStorage.removeItem(key);
        localStorage.setItem(key.replace(/ .* /, " https://gone.example/v1 "), value);
      }
    });
    await context.unroute(outputs.likesUrl);
    await page.reload();
    await expect.poll(() => countInTable("tt0034583"), COUNTED).toBe(before + 1);
    await expect.poll(() => kept()).toEqual([]);
  });

  test("a like that the API refuses is taken back, and the page says why", async () => {
    await open();
    const before = await count("Metropolis");
    await meddle((route) =>
      route.fulfill({
        status: 400,
        headers: { "Access-Control-Allow-Origin": website },
        contentType: "application/problem+json",
        body: '{"detail":"the clock is wrong"}',
      }),
    );
    await like("Metropolis").click();
    await expect.poll(() => state("Metropolis")).toBe("Not accepted: the clock is wrong");
    expect(await count("Metropolis")).toBe(before);
    expect(await kept()).toEqual([]);
  });

  test.each([
    ["is missing", { status: 404, body: "" }, "answered 404"],
    ["is not JSON", { status: 200, body: "<html>" }, "not JSON"],
    ["names no API", { status: 200, body: '{"region":"r","build":"b"}' }, '"apiUrl"'],
  ])("a configuration that %s is said, not left blank", async (_, fulfilled, said) => {
    await page.route("**/config.json", (route) => route.fulfill(fulfilled));
    await page.goto(website);
    const alert = page.getByRole("alert");
    await expect.poll(() => alert.innerText()).toContain("This page is not configured");
    expect(await alert.innerText()).toContain(said);
    expect(await violations()).toEqual([]);
  });

  test("a page of another origin reaches the API, and nothing else of a local stack", async () => {
    const { endpointUrl } = outputs;
    if (!endpointUrl) {
      return;
    }
    const evil = http.createServer((_, response) =>
      response.setHeader("Content-Type", "text/html").end("<p>Hello"),
    );
    await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = evil.address() as net.AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/`);
      const answers: { url: string; status: number }[] = [];
      page.on("response", (response) => answers.push({ url: response.url(), status: response.status() }));
      const targets = [
        `${endpointUrl}/_ministack/reset`,
        `${endpointUrl}/2015-03-31/functions`,
        `${endpointUrl}/?Action=CreateUser&UserName=evil&X-Amz-Credential=test/20261123/us-east-1/iam/aws4_request`,
        `${website}/_ministack/reset`,
        `${website}/2015-03-31/functions`,
      ];
      await page.evaluate(async (targets) => {
        for (const url of targets) {
          await fetch(url, { method: "POST", mode: "no-cors", body: "{}" });
          await fetch(url, { method: "GET", mode: "no-cors" });
        }
      }, targets);
      expect(answers).toHaveLength(2 * targets.length);
      for (const { url, status } of answers) {
        expect(status, url).toBeGreaterThanOrEqual(403);
      }
      const read = await page
        .evaluate((url) => fetch(url).then((response) => response.status), `${outputs.likesUrl}?movieId=a`)
        .catch(() => "unreadable");
      expect(read).toBe("unreadable");
    } finally {
      evil.close();
    }
    // The emulator has not been reset.
    expect(await countInTable("tt0000000")).toBe(0);
  });

  test("a keyboard is all it takes", async () => {
    await open();
    const before = await countInTable("tt0120737");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the films");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("fellowship");
    await expect.poll(() => page.locator(".found").innerText()).toBe("1 film");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe("Like The Fellowship of the Ring");
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineStyle,
    );
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    await expect.poll(() => state("The Fellowship of the Ring"), COUNTED).toBe("Counted");
    expect(await countInTable("tt0120737")).toBe(before + 2);
    expect(await focused()).toBe("Like The Fellowship of the Ring");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("SUMMARY");
  });

  test("films can be searched and sorted, most liked first", async () => {
    await open();
    await like("Parasite").click();
    await page.getByLabel("Sort by").selectOption("Most liked");
    const shown = async () => {
      const counts = await page.locator(".likes strong").allInnerTexts();
      return counts.map(Number);
    };
    const counts = await shown();
    expect(counts).toHaveLength(24);
    expect(counts).toEqual(counts.toSorted((one, other) => other - one));
    expect(counts[0]).toBeGreaterThan(0);
    await page.getByLabel("Search").fill("no such film");
    expect(await page.locator(".found").innerText()).toBe("No film found");
  });

  test("a screen reader is told what becomes of a like", async () => {
    await open();
    const described = await like("Se7en").getAttribute("aria-describedby");
    expect(await film("Se7en").locator(".state").getAttribute("id")).toBe(described);
    const news = page.locator("main > p.unseen[role=status]");
    await like("Se7en").click();
    await expect.poll(() => news.textContent(), COUNTED).toBe("Se7en: Counted");
  });

  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 360],
  ] as const)("axe finds nothing to complain of, %s and %d wide", async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await open();
    await like("Interstellar").click();
    await page.locator("details").evaluate((details: HTMLDetailsElement) => {
      details.open = true;
    });
    await expect.poll(() => state("Interstellar"), COUNTED).toBe("Counted");
    expect(await violations()).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

describe.skipIf(!website)("what serves the page", () => {
  const get = (path: string) => fetch(new URL(path, `${website}/`));

  test("it keeps the page to itself and the API", async () => {
    const { headers } = await get("");
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`connect-src 'self' ${new URL(outputs.likesUrl).origin};`);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toContain("max-age=63072000");
    expect(headers.get("x-frame-options")).toBe("DENY");
  });

  test("what has a hash in its name is cached for long, and nothing else", async () => {
    const index = await get("");
    expect(index.headers.get("cache-control")).toBe("no-cache");
    const [asset] = (await index.text()).match(/assets\/[\w.-]+\.js/) ?? [];
    const script = await get(asset ?? "");
    expect(script.headers.get("content-type")).toContain("text/javascript");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const config = await get("config.json");
    expect(config.headers.get("cache-control")).toBe("no-store");
    expect(`${(await config.json()).apiUrl}/likes`).toBe(outputs.likesUrl);
  });

  test("the API lets pages of this site read its answers, and no others", async () => {
    for (const asking of [website, "https://evil.example"]) {
      for (const [method, url] of [
        ["GET", `${outputs.likesUrl}?movieId=m`],
        ["OPTIONS", outputs.likesUrl],
        ["POST", outputs.likesUrl],
      ] as const) {
        const { headers } = await fetch(url, { method, headers: { Origin: asking } });
        expect(headers.get("access-control-allow-origin"), `${method} ${asking}`).toBe(website);
      }
    }
  });
});
