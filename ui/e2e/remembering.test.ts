/** What a visitor has liked, after a reload and in other tabs. */
import { expect, test } from "vitest";
import {
  button,
  COUNTED,
  context,
  count,
  describePage,
  interceptPosts,
  like,
  newVisitor,
  open,
  page,
  state,
} from "./page";
import { countInTable, outputs } from "./stack";

const LIKED = ["Liked", true];

describePage("remembering likes", () => {
  test("a film stays liked after a reload, and is liked in the other tabs", async () => {
    await open();
    const other = await context.newPage();
    await open(other);
    const before = await countInTable("tt0110912");
    await page.bringToFront();
    // The other tab learns of the like from this one, not from the count.
    await other.route(`${outputs.likesUrl}?*`, (route) => route.abort());
    await like("Pulp Fiction").click();
    await expect.poll(() => state("Pulp Fiction"), COUNTED).toBe("Counted");
    await expect.poll(() => button("Pulp Fiction", other)).toEqual(LIKED);
    await like("Pulp Fiction", other).click();
    const keys = await interceptPosts();
    await page.reload();
    await expect.poll(() => count("Pulp Fiction")).toBe(before + 1);
    expect(await button("Pulp Fiction")).toEqual(LIKED);
    expect(await button("Psycho")).toEqual(["Like", false]);
    await like("Pulp Fiction").click();
    await like("The Lion King").click();
    await expect.poll(() => state("The Lion King"), COUNTED).toBe("Counted");
    // Only the other film was sent.
    expect(keys).toHaveLength(1);
    expect(await countInTable("tt0110912")).toBe(before + 1);
  });

  test("each visitor has a random id, which the page shows once it is used", async () => {
    await open();
    const before = await countInTable("tt0118715");
    const visitor = page.locator("footer .visitor");
    expect(await visitor.innerText()).toBe("");
    const users: string[] = [];
    for (const one of [page, await newVisitor()]) {
      one.on("request", (request) => {
        if (request.method() === "POST" && request.url() === outputs.likesUrl) {
          users.push(request.postDataJSON().userId);
        }
      });
      await open(one);
      await like("The Big Lebowski", one).click();
      await expect.poll(() => state("The Big Lebowski", one), COUNTED).toBe("Counted");
      expect(await one.locator("footer .visitor").innerText()).toContain(users.at(-1));
    }
    expect(new Set(users).size).toBe(2);
    expect(await countInTable("tt0118715")).toBe(before + 2);
  });
});
