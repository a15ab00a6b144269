/** A page whose configuration is missing, wrong or out of date. */
import { expect, test } from "vitest";
import { COUNTED, context, describePage, kept, like, open, page, state, violations, website } from "./page";
import { countInTable, outputs } from "./stack";

describePage("the configuration", () => {
  test("a like is sent to the new API when the old one was replaced", async () => {
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

  test("a like stored under the URL of an API that is gone is still sent", async () => {
    await open();
    const before = await countInTable("tt0034583");
    await context.route(outputs.likesUrl, (route) => route.abort());
    await like("Casablanca").click();
    await expect.poll(() => state("Casablanca")).toBe("No answer, retrying");
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

  test.each([
    ["is missing", { status: 404, body: "" }, "answered 404"],
    ["is not JSON", { status: 200, body: "<html>" }, "not JSON"],
    ["names no API", { status: 200, body: '{"region":"r","build":"b"}' }, '"apiUrl"'],
  ])("a configuration that %s is reported on the page", async (_, response, message) => {
    await page.route("**/config.json", (route) => route.fulfill(response));
    await page.goto(website);
    const alert = page.getByRole("alert");
    await expect.poll(() => alert.innerText()).toContain("This page is not configured");
    expect(await alert.innerText()).toContain(message);
    expect(await page.locator("#own").isVisible()).toBe(false);
    expect(await violations()).toEqual([]);
  });
});
