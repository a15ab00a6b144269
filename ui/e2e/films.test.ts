/** The list of films. */
import { expect, test } from "vitest";
import { describePage, like, open, page } from "./page";

describePage("the films", () => {
  test("films can be searched, and sorted with the most liked first", async () => {
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
    expect(await page.locator(".found").innerText()).toBe("No films found");
  });
});
