/** A change of settings updates what holds state or has an address, and never replaces it. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { type Program, program } from "./program";
import { PROVIDER_VERSION, STATEFUL } from "./replacement";
import { CHANGES, COMBINATIONS } from "./settings";

/** A role holds nothing: it is in the table because of what uses it. */
const ROLE = "aws:iam/role:Role";

const PROJECT = path.join(__dirname, "..", "..");

/** The settings that add or remove resources which hold state or have an address, and the types of these. */
const REMOVES: Record<string, readonly string[]> = {
  alarmEmail: ["aws:kms/key:Key", "aws:sns/topic:Topic"],
  website: ["aws:cloudfront/distribution:Distribution", "aws:s3/bucket:Bucket"],
};

/** The inputs and options by which the second program replaces resources of the first that are in the table. */
function replacedBy(old: Program, changed: Program): string[] {
  return old.resources.flatMap(({ type, name, inputs, options }) => {
    const next = changed.resources.find((resource) => resource.type === type && resource.name === name);
    if (!(type in STATEFUL) || !next) {
      return [];
    }
    const replacing = (STATEFUL[type]?.replacing ?? []).filter(
      (input) => !isDeepStrictEqual(inputs[input], next.inputs[input]),
    );
    if (!isDeepStrictEqual(options.replacementTrigger, next.options.replacementTrigger)) {
      replacing.push("replacementTrigger");
    }
    return replacing.map((input) => `${type} ${name}: ${input}`);
  });
}

/** The types of the first program's resources that the second lacks, of those that hold state or have an address. */
function removedBy(old: Program, changed: Program): string[] {
  const kept = new Set(changed.resources.map(({ type, name }) => `${type} ${name}`));
  const removed = old.resources.filter(({ type, name }) => !kept.has(`${type} ${name}`));
  const types = new Set(removed.map(({ type }) => type));
  return [...types].filter((type) => type in STATEFUL && type !== ROLE).sort();
}

/** What a program with these settings registers, by type and name. */
function registered({ resources }: Program): Record<string, unknown> {
  return Object.fromEntries(resources.map(({ type, name, inputs }) => [`${type} ${name}`, inputs]));
}

let configured: Program;
before(async () => {
  configured = await program("dev");
});

test("the table of what replaces a resource describes the installed provider", () => {
  const installed = parse(fs.readFileSync(require.resolve("@pulumi/aws/package.json"), "utf8")).version;
  assert.equal(
    PROVIDER_VERSION,
    installed,
    "Check pulumi/tests/replacement.ts against the schemas of the new version, then set PROVIDER_VERSION.",
  );
});

test("the table classifies the inputs that the program sets, and no others", async () => {
  const set: Record<string, Set<string>> = {};
  for (const settings of Object.values(COMBINATIONS)) {
    for (const { type, inputs } of (await program("dev", settings)).resources) {
      set[type] ??= new Set();
      for (const input of Object.keys(inputs).filter((input) => inputs[input] !== undefined)) {
        set[type].add(input);
      }
    }
  }
  for (const [type, { replacing, updating }] of Object.entries(STATEFUL)) {
    assert.deepEqual(
      [...replacing, ...updating].sort(),
      [...(set[type] ?? [])].sort(),
      `Classify the inputs of ${type} in pulumi/tests/replacement.ts: is an input ForceNew in the provider's schema?`,
    );
  }
});

test("a replacement of other resources replaces nothing that holds state or has an address", async () => {
  for (const settings of Object.values(COMBINATIONS)) {
    const old = await program("dev", settings);
    const changed = await program("dev", settings, { isReplaced: (type) => !(type in STATEFUL) });
    assert.deepEqual(replacedBy(old, changed), []);
  }
});

test("the changes below cover every setting", () => {
  const { config } = parse(fs.readFileSync(path.join(PROJECT, "Pulumi.yaml"), "utf8"));
  assert.deepEqual(
    Object.keys(CHANGES).sort(),
    Object.keys(config).sort(),
    "Add the setting to pulumi/tests/settings.ts, with a value to change it to.",
  );
  for (const [setting, { from = {}, to }] of Object.entries(CHANGES)) {
    assert.ok(setting in to && from[setting] !== to[setting], setting);
  }
});

for (const [setting, { from, to }] of Object.entries(CHANGES)) {
  test(`a change of ${setting} replaces nothing that holds state or has an address`, async () => {
    const old = from ? await program("dev", from) : configured;
    const changed = await program("dev", to);
    assert.notDeepEqual(registered(changed), registered(old), "the change has no effect");
    assert.deepEqual(replacedBy(old, changed), []);
    const removed = [...removedBy(old, changed), ...removedBy(changed, old)];
    assert.deepEqual(removed, REMOVES[setting] ?? []);
  });
}
