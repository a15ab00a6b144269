import assert from "node:assert/strict";
import { test } from "node:test";
import { Inputs } from "./inputs";

test("an input that was not read is named, however deeply nested", () => {
  const inputs = new Inputs({
    name: "a",
    rules: [{ id: "x" }, { id: "y", filter: { prefix: "p", suffix: "s" } }],
  });
  inputs.string("name");
  inputs.list("rules", (rule) => ({
    id: rule.string("id"),
    filter: rule.object("filter", (filter) => filter.string("prefix")),
  }));
  assert.throws(() => inputs.finish(), /does not support the input "rules\[1\]\.filter\.suffix"/);
});

test("no error is raised if all inputs were read", () => {
  const inputs = new Inputs({ size: 1, on: true, absent: undefined, tags: { a: "b" }, names: ["n"] });
  assert.equal(inputs.number("size"), 1);
  assert.equal(inputs.boolean("on"), true);
  assert.deepEqual(inputs.map("tags"), { a: "b" });
  assert.deepEqual(inputs.strings("names"), ["n"]);
  inputs.finish();
});

test("an input that is missing or has the wrong type is named", () => {
  const inputs = new Inputs({ size: "1" }, "settings.");
  assert.throws(() => inputs.number("size"), /the input "settings\.size" must be a number/);
  assert.throws(() => inputs.string("name"), /the input "settings\.name" is missing/);
});
