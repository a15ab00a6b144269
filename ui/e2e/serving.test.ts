/** How the page and the API are served, without a browser. */
import { describe, expect, test } from "vitest";
import { outputs } from "./stack";

const website = outputs.websiteUrl ?? "";

describe.skipIf(!website)("serving", () => {
  const get = (path: string) => fetch(new URL(path, `${website}/`));

  test("the headers limit the page to itself and the API", async () => {
    const { headers } = await get("");
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`connect-src 'self' ${new URL(outputs.likesUrl).origin};`);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toContain("max-age=63072000");
    expect(headers.get("x-frame-options")).toBe("DENY");
  });

  test("assets with a hash in their names are cached for a year, and nothing else is cached", async () => {
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

  test("only this site's pages may read the API's answers", async () => {
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
