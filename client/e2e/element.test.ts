/** The element on its own: its states and looks, and pages that make it hard. */
import { expect, test } from "vitest";
import { api, apiUrl, context, describeSite, openBody, page, site, violations } from "./site";

const element = (inner = "", more = "") =>
  `<like-button movie="m" api="${apiUrl}" ${more}>${inner}</like-button>`;

const button = () => page.locator("like-button button");
const status = () => page.locator("like-button [role=status]").innerText();
const isState = (state: string) => page.locator(`like-button:state(${state})`).count();

describeSite("the element", () => {
  test("a like that waits is announced, and sent once the browser is online", async () => {
    await openBody(element());
    await expect.poll(() => button().innerText()).toContain("0");
    await context.setOffline(true);
    await button().click();
    await expect.poll(status).toBe("Saved, will be sent later");
    expect([await isState("waiting"), await isState("liked"), await isState("optimistic")]).toEqual([
      1, 1, 1,
    ]);
    expect(await violations()).toEqual([]);
    await context.setOffline(false);
    await expect.poll(() => isState("counted")).toBe(1);
    expect([await status(), await isState("waiting"), await isState("optimistic")]).toEqual(["", 0, 0]);
  });

  test("a like that is rejected is announced and taken back, and can be tried again", async () => {
    await openBody(element());
    api.statuses.push(400);
    await button().click();
    await expect.poll(status).toBe("Not accepted");
    expect(await button().getAttribute("aria-pressed")).toBe("false");
    expect([await isState("rejected"), await isState("liked")]).toEqual([1, 0]);
    // A change of the count does not announce it again.
    const changes = await page.locator("like-button [role=status]").evaluateHandle((region) => {
      const records: MutationRecord[] = [];
      const options = { childList: true, subtree: true, characterData: true };
      new MutationObserver((more) => records.push(...more)).observe(region, options);
      return records;
    });
    api.likes.set("m", new Set(["ann"]));
    await expect.poll(() => button().innerText(), { timeout: 10_000 }).toContain("1");
    expect(await changes.evaluate((records) => records.length)).toBe(0);
    await button().click();
    await expect.poll(() => isState("counted")).toBe(1);
    expect(await status()).toBe("");
  });

  test("a page that the API does not allow keeps the like", async () => {
    api.allowedOrigin = "https://other.example";
    await openBody(element());
    await button().click();
    // It waits for the count for two seconds.
    await expect.poll(status, { timeout: 5_000 }).toBe("Saved, will be sent later");
    expect(api.posted).toEqual([]);
    api.allowedOrigin = site;
    await page.reload();
    await expect.poll(() => isState("accepted")).toBe(1);
    expect(api.posted).toHaveLength(1);
  });

  test("its texts can be in another language", async () => {
    await openBody(
      element('Gefällt mir<span slot="liked">Gefällt dir</span><span slot="waiting">Wird gesendet</span>'),
    );
    const named = (name: string) => page.getByRole("button", { name, exact: true });
    await named("Gefällt mir 0").waitFor();
    expect(await page.getByText("Wird gesendet").isVisible()).toBe(false);
    await context.setOffline(true);
    await named("Gefällt mir 0").click();
    await named("Gefällt dir 1").waitFor();
    await page.getByText("Wird gesendet").waitFor();
  });

  test("a page changes its looks by custom properties, parts and states", async () => {
    await openBody(`<style>
        like-button { --like-button-color: rgb(1, 2, 3); --like-button-liked-color: rgb(4, 5, 6); }
        like-button::part(count) { font-weight: 900; }
        like-button:state(liked)::part(label) { text-decoration: underline; }
      </style>${element()}`);
    const style = (selector: string, property: string) =>
      page
        .locator(`like-button ${selector}`)
        .evaluate((part, property) => getComputedStyle(part).getPropertyValue(property), property);
    expect(await style("button", "color")).toBe("rgb(1, 2, 3)");
    expect(await style("[part=count]", "font-weight")).toBe("900");
    expect(await style("[part=label]", "text-decoration-line")).toBe("none");
    expect(await style("svg", "fill")).toBe("none");
    await button().click();
    expect(await style("[part=label]", "text-decoration-line")).toBe("underline");
    expect(await style("svg", "fill")).toBe("rgb(4, 5, 6)");
  });

  test("a script that loads late finds what was set before", async () => {
    await openBody(`${element()}<like-button id="other"></like-button>`, { isLate: true });
    expect(await page.locator("like-button button").count()).toBe(0);
    await page
      .locator("#other")
      .evaluate((other, apiUrl) => Object.assign(other, { movie: "n", api: apiUrl }), apiUrl);
    await page.addScriptTag({ type: "module", url: "/dist/like-button.js" });
    await expect.poll(() => button().allInnerTexts()).toHaveLength(2);
    await expect.poll(() => api.asked).toEqual([["m", "n"]]);
    await button().last().click();
    await expect.poll(() => api.posted.map(({ movieId }) => movieId)).toEqual(["n"]);
    await page.locator("#other").evaluate((other) => Object.assign(other, { movie: "o" }));
    await expect.poll(() => api.asked.at(-1)).toContain("o");
  });

  test("a client of the page's own says who likes", async () => {
    await openBody('<like-button movie="m"></like-button>');
    expect(await button().isDisabled()).toBe(true);
    await page.addScriptTag({
      type: "module",
      content: `import { createLikes } from "/dist/index.js";
        document.querySelector("like-button").likes = createLikes({ apiUrl: "${apiUrl}", userId: "ann" });`,
    });
    await button().click();
    await expect.poll(() => isState("counted")).toBe(1);
    expect(api.posted).toEqual([{ movieId: "m", userId: "ann" }]);
  });

  test("it needs no leave of a strict security policy", async () => {
    const messages: string[] = [];
    page.on("console", (message) => messages.push(message.text()));
    const policy = `default-src 'none'; script-src 'self'; connect-src ${new URL(apiUrl).origin}`;
    await openBody(element(), { policy });
    await button().click();
    await expect.poll(() => isState("counted")).toBe(1);
    expect(await button().evaluate((one) => getComputedStyle(one).borderRadius)).toBe("999px");
    expect(messages.filter((message) => message.includes("Content Security Policy"))).toEqual([]);
  });

  test("an element without an API, or with a wrong one, does not stop the others", async () => {
    await openBody(`<like-button movie="m"></like-button>
      <like-button movie="m" api="javascript:alert(1)"></like-button>${element()}`);
    await button().last().click();
    await expect.poll(() => isState("counted")).toBe(1);
    expect(await button().first().isDisabled()).toBe(true);
    expect(await button().nth(1).isDisabled()).toBe(true);
  });

  test("a listener of the page that throws loses no like", async () => {
    await openBody(element());
    const thrown = page.waitForEvent("pageerror");
    await page.locator("like-button").evaluate((one) =>
      one.addEventListener("likechange", () => {
        throw new Error("a bug of the page");
      }),
    );
    await button().click();
    expect((await thrown).message).toBe("a bug of the page");
    await expect.poll(() => isState("counted")).toBe(1);
  });
});
