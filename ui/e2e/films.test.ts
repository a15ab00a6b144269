/** The list of films. */
import { expect, test } from "vitest";
import { COUNTED, count, describePage, like, newVisitor, open, page, state } from "./page";

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

  test("the most liked film moves to the front while the page is open, and keeps the focus", async () => {
    await open();
    await page.getByRole("radio", { name: "Most liked" }).check();
    const first = () => page.locator(".film h3").first().innerText();
    const leader = await count((await first()).replace(/ \d+$/, ""));
    const chosen = "Grave of the Fireflies";
    for (let likes = (await count(chosen)) ?? 0; likes < (leader ?? 0); likes += 1) {
      const visitor = await newVisitor();
      await open(visitor);
      await like(chosen, visitor).click();
      await expect.poll(() => state(chosen, visitor), COUNTED).toBe("Counted");
    }
    await like(chosen).focus();
    await page.keyboard.press("Space");
    await expect.poll(first, COUNTED).toBe(`${chosen} 1988`);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(`Liked ${chosen}`);
  });
});
