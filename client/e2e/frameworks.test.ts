/** The element in a plain page, in React and in Vue: the same tests for all of them. */
import { describe, expect, test } from "vitest";
import { api, context, describeSite, page, site, violations } from "./site";

const SHAWSHANK = "The Shawshank Redemption";

function button(title: string, on = page) {
  return on.getByRole("button", { name: new RegExp(`^Liked? ${title}( \\d+)?$`) });
}

/** What a button says: "Like The Godfather 3", and whether it is pressed. */
async function shown(title: string, on = page): Promise<[string, string | null]> {
  const text = (await button(title, on).innerText()).replaceAll(/\s+/g, " ");
  return [text.trim(), await button(title, on).getAttribute("aria-pressed")];
}

describeSite("the element", () => {
  describe.each(["plain", "react", "vue"])("in %s", (fixture) => {
    const open = (on = page) => on.goto(`${site}/${fixture}/`);

    test("ten clicks are one like, which is counted, and stays after a reload and in other tabs", async () => {
      const other = await context.newPage();
      await open(other);
      // The page in front is not slowed down.
      await page.bringToFront();
      await open();
      await expect.poll(() => shown(SHAWSHANK)).toEqual([`Like ${SHAWSHANK} 0`, "false"]);
      for (let click = 0; click < 10; click += 1) {
        await button(SHAWSHANK).click();
      }
      const liked = [`Liked ${SHAWSHANK} 1`, "true"];
      expect(await shown(SHAWSHANK)).toEqual(liked);
      await expect.poll(() => page.locator("like-button:state(counted)").count()).toBe(1);
      await expect.poll(() => shown(SHAWSHANK, other), { timeout: 10_000 }).toEqual(liked);
      await page.reload();
      await expect.poll(() => shown(SHAWSHANK)).toEqual(liked);
      expect(await shown("The Godfather")).toEqual(["Like The Godfather 0", "false"]);
      await button(SHAWSHANK).click();
      await button("The Godfather").click();
      await expect.poll(() => shown("The Godfather")).toEqual(["Liked The Godfather 1", "true"]);
      await expect.poll(() => api.posted.length).toBe(2);
      const [{ userId } = { userId: "" }] = api.posted;
      expect(api.posted).toEqual([
        { movieId: "tt0111161", userId },
        { movieId: "tt0068646", userId },
      ]);
    });

    test("it works with a keyboard alone", async () => {
      await open();
      await expect.poll(() => shown(SHAWSHANK)).toEqual([`Like ${SHAWSHANK} 0`, "false"]);
      await page.keyboard.press("Tab");
      const outline = await button(SHAWSHANK).evaluate((focused) => getComputedStyle(focused).outlineStyle);
      expect(outline).toBe("solid");
      await page.keyboard.press("Space");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator("like-button:state(counted)").count()).toBe(2);
      expect(await shown("The Godfather")).toEqual(["Liked The Godfather 1", "true"]);
    });

    test("its page hears of every change", async () => {
      await open();
      await button("The Godfather").click();
      const news = () => page.locator("output").innerText();
      await expect.poll(news).toBe("tt0068646 true like-button");
    });

    test("it follows the movie that it is given, and asks no more once it is removed", async () => {
      api.likes.set("tt0071562", new Set(["ann", "bob"]));
      await open();
      await expect.poll(() => shown(SHAWSHANK)).toEqual([`Like ${SHAWSHANK} 0`, "false"]);
      // All buttons of a page share a request.
      expect(api.asked).toEqual([["tt0111161", "tt0068646"]]);
      await button(SHAWSHANK).click();
      await page.getByRole("button", { name: "Next film" }).click();
      const next = "The Godfather Part II";
      await expect.poll(() => shown(next)).toEqual([`Like ${next} 2`, "false"]);
      await button(next).click();
      await expect.poll(() => shown(next)).toEqual([`Liked ${next} 3`, "true"]);
      await expect.poll(() => page.locator("like-button:state(counted)").count()).toBe(1);
      await page.getByRole("button", { name: "Remove" }).click();
      await expect.poll(() => api.asked.at(-1), { timeout: 10_000 }).toEqual(["tt0068646"]);
    });

    test("axe finds no violations, whether it is liked or not", async () => {
      await open();
      await button(SHAWSHANK).click();
      await expect.poll(() => page.locator("like-button:state(counted)").count()).toBe(1);
      expect(await violations()).toEqual([]);
    });
  });
});
