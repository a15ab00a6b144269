/** The documentation shows what the command prints, and the quantities are those of the code. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { estimate } from "./estimate";
import { FILMS } from "./options";
import { Q } from "./quantities";
import { accessLogBytes } from "./samples";
import { MAX_MOVIES } from "./worstDay";

const PROJECT = path.join(__dirname, "..", "..");
const read = (...file: string[]) => fs.readFileSync(path.join(PROJECT, ...file), "utf8");

/** Blocks of a command and what it prints. */
const BLOCK = /^```\n\$ \.\/justw costs(.*)\n([^`]*)^```$/gm;

for (const [file, blocks] of [
  ["README.md", 1],
  ["docs/costs.md", 4],
] as const) {
  test(`${file} shows what the command prints`, async () => {
    const found = [...read(file).matchAll(BLOCK)];
    assert.equal(found.length, blocks);
    for (const [, args = "", output] of found) {
      assert.equal(output, await estimate(args.split(" ").filter(Boolean)), `${file}: ./justw costs${args}`);
    }
  });
}

test("the quantities are those of the code", () => {
  const constant = (name: string, ...file: string[]) =>
    new RegExp(`const ${name}: usize = ([^;]+);`).exec(read(...file))?.[1];
  assert.equal(constant("CONCURRENCY", "crates", "counting", "src", "lib.rs"), String(Q.concurrency));
  assert.equal(constant("MAX_KEYS", "crates", "tables", "src", "batch_get.rs"), String(Q.keysPerLookup));
  const transaction = ["crates", "counting", "src", "transaction.rs"];
  assert.equal(constant("MAX_TRANSACT_ITEMS", ...transaction), String(Q.likesPerTransaction + 1));
  assert.equal(constant("MAX_LIKES", ...transaction), "MAX_TRANSACT_ITEMS - 1");
  assert.equal(constant("WINDOW", "handlers", "update-count", "src", "lib.rs"), "CONCURRENCY * MAX_KEYS");
  assert.equal(constant("MAX_MOVIES", "handlers", "get-likes", "src", "query.rs"), String(MAX_MOVIES));
  assert.equal([...read("ui", "src", "films.ts").matchAll(/"tt\d{7}"/g)].length, FILMS);
});

test("an access log with a variable of unknown size is an error that names it", () => {
  assert.throws(() => accessLogBytes("$context.domainName"), /\$context\.domainName: add it to/);
});
