/** What a web page of another origin can do to a local stack. */
import * as http from "node:http";
import type * as net from "node:net";
import { expect, test } from "vitest";
import { describePage, page, website } from "./page";
import { countInTable, outputs } from "./stack";

const { endpointUrl, likesUrl } = outputs;

/** Serves a page from another origin while `visit` runs. */
async function withForeignPage(visit: (url: string) => Promise<void>): Promise<void> {
  const server = http.createServer((_, response) =>
    response.setHeader("Content-Type", "text/html").end("<p>Hello"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as net.AddressInfo;
    await visit(`http://127.0.0.1:${port}/`);
  } finally {
    server.close();
  }
}

describePage("a page of another origin", () => {
  test.skipIf(!endpointUrl)("can call the API and nothing else on a local stack", async () => {
    const targets = [
      `${endpointUrl}/_ministack/reset`,
      `${endpointUrl}/2015-03-31/functions`,
      `${endpointUrl}/?Action=CreateUser&UserName=evil&X-Amz-Credential=test/20261123/us-east-1/iam/aws4_request`,
      `${website}/_ministack/reset`,
      `${website}/2015-03-31/functions`,
    ];
    await withForeignPage(async (url) => {
      await page.goto(url);
      const answers: { url: string; status: number }[] = [];
      page.on("response", (response) => answers.push({ url: response.url(), status: response.status() }));
      await page.evaluate(async (targets) => {
        for (const url of targets) {
          await fetch(url, { method: "POST", mode: "no-cors", body: "{}" });
          await fetch(url, { method: "GET", mode: "no-cors" });
        }
      }, targets);
      expect(answers).toHaveLength(2 * targets.length);
      for (const { url, status } of answers) {
        expect(status, url).toBeGreaterThanOrEqual(403);
      }
      const read = await page
        .evaluate((url) => fetch(url).then((response) => response.status), `${likesUrl}?movieId=a`)
        .catch(() => "unreadable");
      expect(read).toBe("unreadable");
    });
    // The emulator has not been reset: its tables are still there.
    expect(await countInTable("tt0000000")).toBe(0);
  });
});
