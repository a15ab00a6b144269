/** An update of a stack finds the resources of every older version again, by their URNs or by aliases. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { programUrns, readUrns, Urns } from "./urns";

let urns: Urns;
before(async () => {
  urns = await programUrns();
});

test("the program keeps every resource that it ever had", () => {
  const lost = readUrns().filter((urn) => !urns.current.has(urn) && !urns.aliases.has(urn));
  assert.deepEqual(
    lost,
    [],
    `The program no longer has these resources, so an update would delete them, and what they hold.
A URN consists of the types of the resource's parents, its own type, and its name.
If a resource was renamed or moved to another component, give it its old name or parent as one of its \`aliases\`
(https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/), or the component, for all that is in it.
If it is to be deleted, remove it from pulumi/tests/urns.txt, and say in CHANGELOG.md what happens to what it holds.`,
  );
});

test("the program's resources are recorded", () => {
  const recorded = new Set(readUrns());
  assert.deepEqual(
    [...urns.current].filter((urn) => !recorded.has(urn)),
    [],
    `The program has new resources. Record them with: ./justw record-urns
If one of them holds state or has an address, first add its type to pulumi/tests/replacement.ts.`,
  );
});

interface Registration {
  readonly type: string;
  readonly name: string;
  /** The parent's URN. */
  readonly parent?: string;
  readonly aliases?: readonly { name?: string; type?: string; parent?: string; urn?: string }[];
}

/** A request as Pulumi's SDK sends it. */
function request({ type, name, parent = "", aliases = [] }: Registration): RegisterResourceRequest {
  const request = new RegisterResourceRequest();
  request.setType(type).setName(name).setParent(parent).setCustom(type.startsWith("aws:"));
  for (const { urn, ...given } of aliases) {
    const alias = new Alias();
    if (urn) {
      alias.setUrn(urn);
    } else {
      const spec = new Alias.Spec();
      spec.setName(given.name ?? "").setType(given.type ?? "");
      // Without a parent of its own, an alias has the resource's.
      spec.setParenturn(given.parent ?? parent);
      alias.setSpec(spec);
    }
    request.addAliases(alias);
  }
  return request;
}

/** The aliases of the resources, registered in this order. */
function aliasesOf(...registrations: Registration[]): string[] {
  const followed = new Urns();
  for (const registration of registrations) {
    followed.add(request(registration));
  }
  return [...followed.aliases];
}

const mockUrn = (types: string, name: string) => `urn:pulumi:dev::likestream::${types}::${name}`;
const STACK = mockUrn("pulumi:pulumi:Stack", "likestream-dev");
const TABLE = "aws:dynamodb/table:Table";

test("a renamed resource is found by its old name", () => {
  const tables = { type: "my:Tables", name: "likes", parent: STACK };
  const parent = mockUrn("my:Tables", "likes");
  assert.deepEqual(aliasesOf(tables, { type: TABLE, name: "new", parent, aliases: [{ name: "old" }] }), [
    `my:Tables$${TABLE}::old`,
  ]);
  const urn = mockUrn(`my:Store$my:Tables$${TABLE}`, "old");
  assert.deepEqual(aliasesOf(tables, { type: TABLE, name: "new", parent, aliases: [{ urn }] }), [
    `my:Store$my:Tables$${TABLE}::old`,
  ]);
});

test("a moved resource is found in the component where it was", () => {
  const outer = { type: "my:Store", name: "likes", parent: STACK };
  const inner = { type: "my:Tables", name: "likes", parent: mockUrn("my:Store", "likes") };
  const parent = mockUrn("my:Store$my:Tables", "likes");
  const moved = (from: string) => ({ type: TABLE, name: "counts", parent, aliases: [{ parent: from }] });
  assert.deepEqual(aliasesOf(outer, inner, moved(mockUrn("my:Store", "likes"))), [
    `my:Store$${TABLE}::counts`,
  ]);
  assert.deepEqual(aliasesOf(outer, inner, moved(STACK)), [`${TABLE}::counts`]);
});

test("the resources of a renamed component are found by its old type and name", () => {
  const component = {
    type: "my:Tables",
    name: "likes",
    parent: STACK,
    aliases: [{ type: "my:Store", name: "votes" }],
  };
  const parent = mockUrn("my:Tables", "likes");
  assert.deepEqual(
    aliasesOf(
      component,
      { type: TABLE, name: "likes-counts", parent },
      { type: TABLE, name: "ledger", parent, aliases: [{ name: "likes-book" }] },
    ).sort(),
    [
      `my:Store$${TABLE}::ledger`,
      `my:Store$${TABLE}::votes-book`,
      `my:Store$${TABLE}::votes-counts`,
      `my:Tables$${TABLE}::likes-book`,
    ],
  );
});
