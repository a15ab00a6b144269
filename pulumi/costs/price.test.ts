import assert from "node:assert/strict";
import { test } from "node:test";
import { line } from "./line";
import { price, rateOf } from "./price";
import rates from "./rates.json";

test("each part of a quantity has the price of its tier", () => {
  const { tiers } = rateOf("apiRequests");
  assert.equal(price({ tiers }, 1), 3.5);
  assert.equal(price({ tiers }, 333), 333 * 3.5);
  assert.equal(price({ tiers }, 1000), 333 * 3.5 + 667 * 2.8);
  assert.equal(price({ tiers }, 21_000), 333 * 3.5 + 667 * 2.8 + 19_000 * 2.38 + 1000 * 1.51);
});

test("the first 25 GB of DynamoDB are free", () => {
  const gigabytes = (count: number) => line("storage", "dynamodbStorage", count * 2 ** 30).usd;
  assert.deepEqual([gigabytes(25), gigabytes(29)], [0, 1]);
});

test("every rate is of a service whose prices are linked, and its last tier has no end", () => {
  const sources: Record<string, string> = rates.sources;
  for (const [name, { service }] of Object.entries(rates.rates)) {
    assert.match(sources[service] ?? "", /^https:\/\/aws\.amazon\.com\/.*pricing/, name);
    assert.equal(rateOf(name as keyof typeof rates.rates).tiers.at(-1)?.upTo, undefined, name);
  }
});
