/** Runs a program in a terminal, and takes pictures of what it draws there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Terminal } from "@xterm/xterm";
import type { Browser } from "playwright-core";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** How long a program may take until it shows something, and how long until it has drawn the rest. */
const TIMEOUT_MS = 60_000;
const DRAW_MS = 500;

/**
 * Runs a full-screen program until it shows this text, and returns what it wrote. `script` (util-linux) gives it a terminal; it
 * ends when it is sent `quit`.
 */
export async function run(
  command: string,
  { columns, rows }: Size,
  text: string,
  quit: string,
): Promise<string> {
  const inTerminal = `stty columns ${columns} rows ${rows} && exec ${command}`;
  const program = spawn("script", ["--quiet", "--return", "--command", inTerminal, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TERM: "xterm-256color" },
  });
  const ended = once(program, "exit");
  const chunks: Buffer[] = [];
  program.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const written = () => Buffer.concat(chunks).toString();
  const until = Date.now() + TIMEOUT_MS;
  while (!written().includes(text)) {
    if (program.exitCode !== null || Date.now() > until) {
      program.kill();
      throw new Error(`${command} does not show ${text}: ${written()}`);
    }
    await setTimeout(100);
  }
  await setTimeout(DRAW_MS);
  const screen = written();
  program.stdin.write(quit);
  const [code] = await ended;
  if (code !== 0) {
    throw new Error(`${command} exited with ${code}`);
  }
  return screen;
}

const XTERM = path.join(path.dirname(createRequire(import.meta.url).resolve("@xterm/xterm/package.json")));

/** Takes a picture of a terminal of this size to which this was written. */
export async function shoot(
  browser: Browser,
  written: string,
  { columns, rows }: Size,
  file: string,
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 2000, height: 1600 }, deviceScaleFactor: 2 });
  await page.addStyleTag({ content: fs.readFileSync(path.join(XTERM, "css/xterm.css"), "utf8") });
  await page.addScriptTag({ path: path.join(XTERM, "lib/xterm.js") });
  await page.evaluate(
    ({ written, columns, rows }) => {
      const { Terminal: Xterm } = globalThis as unknown as { Terminal: typeof Terminal };
      const terminal = new Xterm({
        cols: columns,
        rows,
        fontFamily: "'DejaVu Sans Mono', monospace",
        // At this size, the rows of this font join without a gap.
        fontSize: 12,
        drawBoldTextInBrightColors: false,
        theme: {
          background: "#11151c",
          foreground: "#d8dee9",
          brightBlack: "#7b8494",
          cyan: "#6cc7e8",
          green: "#7fc98a",
        },
      });
      document.body.style.background = "#11151c";
      terminal.open(document.body);
      return new Promise<void>((resolve) => terminal.write(written, resolve));
    },
    { written, columns, rows },
  );
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await page.locator(".xterm-screen").screenshot({ path: file });
  await page.close();
}
