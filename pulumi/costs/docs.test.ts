/** The documentation shows what the command prints, and the quantities are those of the code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, PAGES, readPage } from "./docs";
import { FILMS } from "./options";
import { Q } from "./quantities";
import { accessLogBytes } from "./samples";
import { MAX_MOVIES } from "./worstDay";

for (const [page, number] of Object.entries(PAGES)) {
  test(`${page} shows what the command prints; update it with: npm run update-costs`, async () => {
    const blocks = await blocksOf(page);
    assert.equal(blocks.length, number);
    for (const { actual, expected } of blocks) {
      assert.equal(actual, expected);
    }
  });
}

test("the quantities are those of the code", () => {
  const constant = (name: string, file: string) =>
    new RegExp(`const ${name}: usize = ([^;]+);`).exec(readPage(file))?.[1];
  assert.equal(constant("CONCURRENCY", "crates/counting/src/lib.rs"), String(Q.concurrency));
  assert.equal(constant("MAX_KEYS", "crates/tables/src/batch_get.rs"), String(Q.keysPerLookup));
  const transaction = "crates/counting/src/transaction.rs";
  assert.equal(constant("MAX_TRANSACT_ITEMS", transaction), String(Q.likesPerTransaction + 1));
  assert.equal(constant("MAX_LIKES", transaction), "MAX_TRANSACT_ITEMS - 1");
  assert.equal(constant("WINDOW", "handlers/update-count/src/lib.rs"), "CONCURRENCY * MAX_KEYS");
  assert.equal(constant("MAX_MOVIES", "handlers/get-likes/src/query.rs"), String(MAX_MOVIES));
  assert.equal([...readPage("ui/src/films.ts").matchAll(/"tt\d{7}"/g)].length, FILMS);
});

test("an access log with a variable of unknown size is an error that names it", () => {
  assert.throws(() => accessLogBytes("$context.domainName"), /\$context\.domainName: add it to/);
});
