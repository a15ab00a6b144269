/** Films a like on its way through the pipeline, for the README. */
import * as fs from "node:fs";
import type { Browser } from "playwright-core";
import sharp from "sharp";

const SIZE = { width: 960, height: 600 };

/** At most this many frames a second: more cost bytes and are not missed. */
const SHORTEST_MS = 50;

/** How long the last frame stays before the film starts again. */
const LAST_MS = 2_500;

/** What the README may weigh. */
const LIMIT_BYTES = 600_000;

interface Frame {
  readonly image: Buffer;
  /** In milliseconds. */
  readonly at: number;
}

/** Writes an animated WebP of a like of a film, from before the click until after the count. */
export async function animate(browser: Browser, website: string, title: string, file: string): Promise<void> {
  const page = await browser.newPage({
    viewport: SIZE,
    colorScheme: "light",
    reducedMotion: "no-preference",
  });
  await page.goto(website);
  const button = page.getByRole("button", { name: `Like ${title}`, exact: true });
  await button.evaluate((element) => element.closest(".film")?.scrollIntoView({ block: "start" }));
  await page.mouse.wheel(0, -24);
  await page.waitForTimeout(500);
  const frames: Frame[] = [];
  const session = await page.context().newCDPSession(page);
  session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
    frames.push({ image: Buffer.from(data, "base64"), at: (metadata.timestamp ?? 0) * 1000 });
    void session.send("Page.screencastFrameAck", { sessionId });
  });
  await session.send("Page.startScreencast", { format: "png", maxWidth: SIZE.width, maxHeight: SIZE.height });
  await page.waitForTimeout(700);
  await button.click();
  await page.locator(".panel[data-stage=counted]").waitFor();
  await page.waitForTimeout(1_200);
  await session.send("Page.stopScreencast");
  await page.close();

  const kept = thin(frames);
  const delay = kept.map(({ at }, index) => Math.round((kept[index + 1]?.at ?? at + LAST_MS) - at));
  await sharp(
    kept.map(({ image }) => image),
    { join: { animated: true } },
  )
    .webp({ quality: 70, effort: 5, minSize: true, loop: 0, delay })
    .toFile(file);
  const { size } = fs.statSync(file);
  if (size > LIMIT_BYTES) {
    throw new Error(`${file} has ${size} bytes; at most ${LIMIT_BYTES} are allowed`);
  }
}

/** Drops frames that follow another too closely; the last one stays. */
function thin(frames: readonly Frame[]): Frame[] {
  const kept: Frame[] = [];
  for (const frame of frames) {
    if (frame.at - (kept.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= SHORTEST_MS) {
      kept.push(frame);
    }
  }
  const [last, end] = [frames.at(-1), kept.at(-1)];
  if (last && end && last !== end) {
    kept.push({ ...last, at: Math.max(last.at, end.at + SHORTEST_MS) });
  }
  return kept;
}
