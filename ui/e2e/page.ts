/** The page in a browser, against a running stack: what its tests share. */
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page, type Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject } from "vitest";
import { outputs } from "./stack";

export const website = outputs.websiteUrl ?? "";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long counting a like may take: on AWS, functions start cold and the mapping waits for a batch. */
export const COUNTED = { timeout: 30_000, interval: 100 };

let browser: Browser;
/** Each test's own. */
export let context: BrowserContext;
/** Each test's own. */
export let page: Page;

/** Tests in the shared browser; skipped if there is no browser or the stack has no website. */
export function describePage(name: string, tests: () => void): void {
  const endpoint = inject("browser");
  describe.skipIf(!endpoint || !website)(name, () => {
    beforeAll(async () => {
      browser = await chromium.connect(endpoint);
    });

    afterAll(() => browser.close());

    beforeEach(async () => {
      context = await browser.newContext();
      page = await context.newPage();
    });

    afterEach(async () => {
      for (const one of browser.contexts()) {
        await one.close();
      }
    });

    tests();
  });
}

/** A page of another visitor. */
export async function newVisitor(): Promise<Page> {
  return (await browser.newContext()).newPage();
}

/** Opens the website and waits for its counts. */
export async function open(on: Page = page): Promise<void> {
  await on.goto(website);
  await expect.poll(() => count("The Matrix", on)).toBeTypeOf("number");
}

export function film(title: string, on: Page = page) {
  return on.getByRole("listitem").filter({ has: like(title, on) });
}

/** A film's button, whether the film is liked or not. */
export function like(title: string, on: Page = page) {
  return on.getByRole("button", { name: new RegExp(`^Liked? ${title}$`) });
}

/** What a film's button says, and whether it is pressed. */
export async function button(title: string, on: Page = page): Promise<[text: string, isPressed: boolean]> {
  const found = like(title, on);
  const [text] = (await found.innerText()).split(/\s/);
  return [text ?? "", (await found.getAttribute("aria-pressed")) === "true"];
}

/** The count that a film shows; undefined when it shows none. */
export async function count(title: string, on: Page = page): Promise<number | undefined> {
  const text = await film(title, on).locator(".likes strong").innerText();
  return text === "–" ? undefined : Number(text.replaceAll(",", ""));
}

export async function state(title: string, on: Page = page): Promise<string> {
  return film(title, on).locator(".state").innerText();
}

/** The keys of the likes stored in the browser. */
export function kept(on: Page = page): Promise<string[]> {
  return on.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("likestream ")));
}

/** Handles each post in turn; the posts after that reach the API. Returns the idempotency keys posted. */
export async function interceptPosts(...turns: ((route: Route) => Promise<void>)[]): Promise<string[]> {
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

/** Answers a post in place of the API. */
export function answer(status: number, headers: Record<string, string> = {}) {
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

/** What axe finds wrong with the page. */
export async function violations(): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    return (await axe.run()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
    );
  });
}
