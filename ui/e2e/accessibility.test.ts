/** The page for those who use a keyboard, a screen reader, a dark screen or a small one. */
import { expect, test } from "vitest";
import { COUNTED, describePage, film, like, open, page, state, violations } from "./page";
import { countInTable } from "./stack";

describePage("accessibility", () => {
  test("the page works with a keyboard alone", async () => {
    await open();
    const before = await countInTable("tt0120737");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the films");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("fellowship");
    await expect.poll(() => page.locator(".found").innerText()).toBe("1 film");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe("Like The Fellowship of the Ring");
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement as Element).outlineStyle,
    );
    expect(outline).toBe("solid");
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await expect.poll(() => state("The Fellowship of the Ring"), COUNTED).toBe("Counted");
    expect(await countInTable("tt0120737")).toBe(before + 1);
    expect(await focused()).toBe("Liked The Fellowship of the Ring");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("SUMMARY");
  });

  test("a screen reader announces a like's progress", async () => {
    await open();
    const described = await like("Se7en").getAttribute("aria-describedby");
    expect(await film("Se7en").locator(".state").getAttribute("id")).toBe(described);
    const news = page.locator("main > p.unseen[role=status]");
    await like("Se7en").click();
    await expect.poll(() => news.textContent(), COUNTED).toBe("Se7en: Counted");
  });

  test.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 360],
    ["light", 320],
  ] as const)("axe finds no violations in a %s page %d pixels wide", async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await open();
    await like("Interstellar").click();
    await page.locator("details").evaluate((details: HTMLDetailsElement) => {
      details.open = true;
    });
    await expect.poll(() => state("Interstellar"), COUNTED).toBe("Counted");
    expect(await violations()).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test("the pipeline covers neither the end of the list nor much of a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open();
    const panel = page.locator(".panel");
    const height = async () => (await panel.boundingBox())?.height ?? 0;
    expect(await height()).toBeLessThan(740 / 5);
    await page.locator("summary").click();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    const last = await page.locator(".film").last().boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual((await panel.boundingBox())?.y ?? 0);
  });

  test("what can be touched is at least 44 pixels high", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open();
    const heights = await page
      .locator("nav a, main button:visible, [type=search], .orders label, summary")
      .evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().height));
    expect(heights.length).toBeGreaterThan(28);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  });

  test("nothing moves for those who prefer reduced motion", async () => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await open();
    await page.evaluate(() => {
      const watch = () => {
        for (const { effect } of document.getAnimations()) {
          const target = (effect as KeyframeEffect).target as Element;
          document.documentElement.dataset.moved = target.outerHTML;
        }
        requestAnimationFrame(watch);
      };
      watch();
    });
    const title = "Interstellar";
    await film(title).hover();
    await like(title).click();
    await page.getByRole("radio", { name: "Most liked" }).check();
    await expect.poll(() => state(title), COUNTED).toBe("Counted");
    expect(await page.locator("html").getAttribute("data-moved")).toBeNull();
  });
});
