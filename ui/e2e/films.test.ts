/** The list of films. */
import { expect, test } from "vitest";
import { COUNTED, context, count, describePage, like, open, page } from "./page";
import { outputs } from "./stack";

describePage("the films", () => {
  test("films can be searched, and sorted with the most liked first", async () => {
    await open();
    await like("Parasite").click();
    await page.getByRole("radio", { name: "Most liked" }).check();
    const shown = async () => {
      const counts = await page.locator(".likes strong").allInnerTexts();
      return counts.map(Number);
    };
    const counts = await shown();
    expect(counts).toHaveLength(24);
    expect(counts).toEqual(counts.toSorted((one, other) => other - one));
    expect(counts[0]).toBeGreaterThan(0);
    await page.getByLabel("Search").fill("no such film");
    expect(await page.locator(".found").innerText()).toBe("No films found");
    await page.getByRole("button", { name: "Show all films" }).click();
    expect(await page.locator(".film").count()).toBe(24);
  });

  test("a link leads past the films to what a page of one's own needs", async () => {
    await open();
    const example = page.getByText("<like-button movie=");
    expect(await example.evaluate((code) => code.getBoundingClientRect().top > innerHeight)).toBe(true);
    await page.getByRole("link", { name: "Use it" }).click();
    await expect
      .poll(() => example.evaluate((code) => code.getBoundingClientRect().bottom < innerHeight))
      .toBe(true);
  });

  test("a film that others like moves to the front while the page is open, and keeps the focus", async () => {
    await open();
    await page.getByRole("radio", { name: "Most liked" }).check();
    await like("Grave of the Fireflies").focus();
    await context.route(`${outputs.likesUrl}?*`, async (route) => {
      const response = await route.fetch();
      const { likes } = (await response.json()) as { likes: { movieId: string; likes: number }[] };
      const json = {
        likes: likes.map((one) => (one.movieId === "tt0095327" ? { ...one, likes: 1_000_000 } : one)),
      };
      await route.fulfill({ response, json });
    });
    await expect.poll(() => count("Grave of the Fireflies"), COUNTED).toBe(1_000_000);
    const first = page.locator(".film h3").first();
    await expect.poll(() => first.innerText()).toBe("Grave of the Fireflies 1988");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      "Like Grave of the Fireflies",
    );
  });
});
