/** The estimates that the documentation shows. */
import * as fs from "node:fs";
import * as path from "node:path";
import { estimate } from "./estimate";

const PROJECT = path.join(__dirname, "..", "..");

/** The pages with estimates, and how many each has. */
export const PAGES = { "README.md": 3, "docs/costs.md": 4 } as const;

/** A block with a command and what it prints. */
const BLOCK = /^```\n\$ \.\/justw costs(.*)\n[^`]*^```$/gm;

/** Reads a page. */
export function readPage(page: string): string {
  return fs.readFileSync(path.join(PROJECT, page), "utf8");
}

/** A page's blocks as they are, and as they should be. */
export async function blocksOf(page: string): Promise<{ actual: string; expected: string }[]> {
  const found = [...readPage(page).matchAll(BLOCK)];
  const blocks = [];
  // One at a time: each runs the program, of which a process can hold one.
  for (const [actual, args = ""] of found) {
    const output = await estimate(args.split(" ").filter(Boolean));
    blocks.push({ actual, expected: `\`\`\`\n$ ./justw costs${args}\n${output}\`\`\`` });
  }
  return blocks;
}

async function update(): Promise<void> {
  for (const page of Object.keys(PAGES)) {
    let text = readPage(page);
    for (const { actual, expected } of await blocksOf(page)) {
      text = text.replace(actual, () => expected);
    }
    fs.writeFileSync(path.join(PROJECT, page), text);
  }
}

if (require.main === module) {
  update();
}
