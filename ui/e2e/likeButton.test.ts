/** The custom element against a running stack, on a page whose security policy is that of the website. */
import * as fs from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { COUNTED, describePage, newVisitor, open, page, website } from "./page";
import { countInTable, outputs } from "./stack";

const DIST = path.join(import.meta.dirname, "..", "..", "client", "dist");

describePage("the custom element", () => {
  test("a like is counted in DynamoDB, once for each visitor", async () => {
    const before = await countInTable("tt0062622");
    const api = outputs.likesUrl.replace(/\/likes$/, "");
    for (const one of [page, await newVisitor()]) {
      await one.route(`${website}/element/*.js`, (route) =>
        route.fulfill({
          contentType: "text/javascript",
          body: fs.readFileSync(path.join(DIST, path.basename(route.request().url()))),
        }),
      );
      await open(one);
      await one.evaluate((api) => {
        document.body.innerHTML = `<like-button movie="tt0062622" api="${api}"></like-button>`;
      }, api);
      await one.addScriptTag({ type: "module", url: "/element/like-button.js" });
      const button = one.locator("like-button button");
      for (let click = 0; click < 10; click += 1) {
        await button.click();
      }
      await expect.poll(() => one.locator("like-button:state(counted)").count(), COUNTED).toBe(1);
    }
    expect(await countInTable("tt0062622")).toBe(before + 2);
    await expect
      .poll(() => page.locator("like-button").ariaSnapshot(), COUNTED)
      .toContain(`Liked ${before + 2}`);
  });
});
