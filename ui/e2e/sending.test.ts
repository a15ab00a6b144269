/** Likes from the click to the count, when all is well and when not. */
import { expect, test } from "vitest";
import {
  answer,
  button,
  COUNTED,
  context,
  count,
  describePage,
  interceptPosts,
  kept,
  like,
  open,
  page,
  state,
  website,
} from "./page";
import { countInTable } from "./stack";

describePage("sending likes", () => {
  test("a click is counted on the page and in DynamoDB", async () => {
    await open();
    const before = await countInTable("tt0133093");
    await expect.poll(() => count("The Matrix")).toBe(before);
    await like("The Matrix").click();
    expect(await count("The Matrix")).toBe(before + 1);
    await expect.poll(() => state("The Matrix"), COUNTED).toBe("Counted");
    expect(await count("The Matrix")).toBe(before + 1);
    expect(await countInTable("tt0133093")).toBe(before + 1);
    expect(await like("The Matrix").getAttribute("data-stage")).toBe("counted");
    expect(await kept()).toEqual([]);
    const done = page.locator('.steps [data-state="done"] strong');
    expect(await done.allInnerTexts()).toEqual(["Browser", "API", "Stream", "Count"]);
    expect(await page.locator(".panel").textContent()).toContain("This page cannot see the archive");
  });

  test("ten clicks on one button are one like", async () => {
    await open();
    const before = await countInTable("tt0078748");
    expect(await button("Alien")).toEqual(["Like", false]);
    const keys = await interceptPosts();
    for (let click = 0; click < 10; click += 1) {
      await like("Alien").click();
    }
    expect(await button("Alien")).toEqual(["Liked", true]);
    expect(await count("Alien")).toBe(before + 1);
    await expect.poll(() => state("Alien"), COUNTED).toBe("Counted");
    await like("Alien").click();
    expect(keys).toHaveLength(1);
    expect(await count("Alien")).toBe(before + 1);
    expect(await countInTable("tt0078748")).toBe(before + 1);
  });

  test("a like clicked offline is stored and sent once online", async () => {
    await open();
    const before = await countInTable("tt0034583");
    await context.setOffline(true);
    await like("Casablanca").click();
    await like("Star Wars").click();
    await expect.poll(() => state("Casablanca")).toContain("Offline");
    expect(await page.locator(".notice").innerText()).toContain("You are offline");
    await page.mouse.wheel(0, 800);
    const box = await page.locator(".notice").boundingBox();
    expect(Math.round(box?.y ?? -1)).toBe(0);
    expect(await count("Casablanca")).toBe(before + 1);
    expect(await kept()).toHaveLength(2);
    await context.setOffline(false);
    await expect.poll(() => state("Casablanca"), COUNTED).toBe("Counted");
    expect(await countInTable("tt0034583")).toBe(before + 1);
    await expect.poll(() => state("Star Wars"), COUNTED).toBe("Counted");
    expect(await kept()).toEqual([]);
    expect(await page.locator(".notice").isVisible()).toBe(false);
  });

  test("a like that is throttled, gets a 503 or loses its answer is retried and counts once", async () => {
    await open();
    const before = await countInTable("tt0054215");
    const keys = await interceptPosts(
      answer(429, { "Retry-After": "1" }),
      answer(503, { "Retry-After": "1" }),
      async (route) => {
        expect((await route.fetch()).status()).toBe(202);
        await route.abort();
      },
    );
    await like("Psycho").click();
    await expect.poll(() => state("Psycho")).toContain("Very busy");
    await expect.poll(() => state("Psycho"), COUNTED).toBe("Counted");
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(await countInTable("tt0054215")).toBe(before + 1);
    expect(await count("Psycho")).toBe(before + 1);
    expect(await page.locator(".panel").textContent()).toContain("4 attempts with the same key");
  });

  test("a like still waiting when the page is reloaded is sent with the same key", async () => {
    await open();
    const before = await countInTable("tt0083658");
    const keys = await interceptPosts((route) => route.abort());
    await like("Blade Runner").click();
    await expect.poll(() => state("Blade Runner")).toContain("retrying");
    const [entry] = await kept();
    await page.reload();
    await expect.poll(() => countInTable("tt0083658"), COUNTED).toBe(before + 1);
    await expect.poll(() => kept()).toEqual([]);
    expect(new Set(keys).size).toBe(1);
    expect(entry).toContain(keys[0]);
    await expect.poll(() => count("Blade Runner"), COUNTED).toBe(before + 1);
  });

  test("tabs show the same counts, and one sends the likes of another that was closed", async () => {
    await open();
    const other = await context.newPage();
    await open(other);
    const before = await countInTable("tt0211915");
    await page.bringToFront();
    await like("Amélie").click();
    await expect.poll(() => state("Amélie"), COUNTED).toBe("Counted");
    await other.bringToFront();
    await expect.poll(() => count("Amélie", other), COUNTED).toBe(before + 1);

    const others = await countInTable("tt0245429");
    await context.setOffline(true);
    await page.bringToFront();
    await like("Spirited Away").click();
    await expect.poll(() => kept()).toHaveLength(1);
    await page.close();
    await context.setOffline(false);
    await expect.poll(() => countInTable("tt0245429"), COUNTED).toBe(others + 1);
    await expect.poll(() => kept(other)).toEqual([]);
    await expect.poll(() => count("Spirited Away", other), COUNTED).toBe(others + 1);
  });

  test("a like that the API rejects is undone, and the page says why", async () => {
    await open();
    const before = await count("Metropolis");
    await interceptPosts((route) =>
      route.fulfill({
        status: 400,
        headers: { "Access-Control-Allow-Origin": website },
        contentType: "application/problem+json",
        body: '{"detail":"the clock is wrong"}',
      }),
    );
    await like("Metropolis").click();
    await expect.poll(() => state("Metropolis")).toBe("Not accepted: the clock is wrong");
    expect(await count("Metropolis")).toBe(before);
    expect(await kept()).toEqual([]);
  });
});
