/** A site of its own origin with the fixtures, a browser that visits it, and the API that its buttons use. */
import * as fs from "node:fs";
import * as http from "node:http";
import { createRequire } from "node:module";
import type * as net from "node:net";
import * as path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from "vitest";
import { TestApi } from "./api";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

let browser: Browser;
let server: http.Server;
/** Each test's own. */
export let api: TestApi;
export let apiUrl: string;
/** Each test's own; its origin is the only one that the API allows. */
export let site: string;
export let context: BrowserContext;
export let page: Page;

/** Tests in the shared browser; skipped if there is none. */
export function describeSite(name: string, tests: () => void): void {
  const endpoint = inject("browser");
  describe.skipIf(!endpoint)(name, () => {
    beforeAll(async () => {
      browser = await chromium.connect(endpoint);
    });

    afterAll(() => browser.close());

    beforeEach(async () => {
      api = new TestApi();
      apiUrl = await api.start();
      server = http.createServer(serve);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      site = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
      api.allowedOrigin = site;
      context = await browser.newContext();
      page = await context.newPage();
    });

    afterEach(async () => {
      await context.close();
      server.closeAllConnections();
      server.close();
      api.stop();
    });

    tests();
  });
}

/** The body of the page at `/`, with its headers. */
let home: { body: string; headers: Record<string, string> };

function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { pathname } = new URL(request.url ?? "", "http://site.example");
  if (pathname === "/") {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...home.headers }).end(home.body);
    return;
  }
  const file = path.join(inject("fixtures"), pathname.replace(/\/$/, "/index.html"));
  const type = TYPES[path.extname(file)];
  if (!type || !fs.existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader("Content-Type", type);
  response.end(fs.readFileSync(file, "utf8").replaceAll("%API%", apiUrl));
}

const SCRIPT = '<script type="module" src="/dist/like-button.js"></script>';

/** Opens a page with this body, which the script precedes unless it is to come later. */
export async function openBody(body: string, { isLate = false, policy = "" } = {}): Promise<void> {
  home = {
    headers: policy ? { "Content-Security-Policy": policy } : {},
    body: `<!doctype html><html lang="en"><title>Films</title>${isLate ? "" : SCRIPT}<main><h1>Films</h1>${body}</main>`,
  };
  await page.goto(`${site}/`);
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
