/** Starts one browser for all test files. */
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { ARGUMENTS, findBrowser, NO_BROWSER } from "./browser";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the browser is; empty if this machine has none. */
    browser: string;
  }
}

export default async function start(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const executablePath = findBrowser();
  if (!executablePath) {
    if (process.env.CI) {
      throw new Error(NO_BROWSER);
    }
    console.warn(`Skipping the browser tests: ${NO_BROWSER}`);
    project.provide("browser", "");
    return undefined;
  }
  const server = await chromium.launchServer({ executablePath, args: ARGUMENTS, host: "127.0.0.1" });
  project.provide("browser", server.wsEndpoint());
  return () => server.close();
}
