/** The map of the code in CONTRIBUTING.md shows the dependencies that the crates have. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

const PROJECT = path.join(__dirname, "..", "..");

interface Package {
  readonly name: string;
  readonly manifest_path: string;
  readonly dependencies: readonly { readonly name: string; readonly kind: string | null }[];
}

/** The workspace's crates. */
const crates: readonly Package[] = (() => {
  const args = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
  const { stdout, stderr } = spawnSync("cargo", args, { cwd: PROJECT, encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout).packages;
})();

/** The dependencies among the crates: those that ship, or those that only tests have. */
function edges(ofTests: boolean): string[] {
  const names = new Set(crates.map(({ name }) => name));
  return crates
    .flatMap(({ name, dependencies }) =>
      dependencies
        .filter((dependency) => names.has(dependency.name) && (dependency.kind === "dev") === ofTests)
        .map((dependency) => `${name} -> ${dependency.name}`),
    )
    .sort();
}

/** The arrows of the mermaid graph: solid, or dotted ones, which are tests'. */
function arrows(ofTests: boolean): string[] {
  const text = fs.readFileSync(path.join(PROJECT, "CONTRIBUTING.md"), "utf8");
  const graph = /```mermaid\nflowchart TD\n(.*?)```/s.exec(text)?.[1] ?? "";
  const names = new Map([...graph.matchAll(/(\w+)\[([\w-]+)\]/g)].map(([, id, name]) => [id, name]));
  return graph
    .split("\n")
    .filter((line) => line.includes(ofTests ? "-. tests .->" : "-->"))
    .flatMap((line) => {
      const [from = [], to = []] = line.split(/-->|-\. tests \.->/).map((side) =>
        side.split("&").map((node) => {
          const id = node.trim().replace(/\[.*\]/, "");
          return names.get(id) ?? id;
        }),
      );
      return from.flatMap((one) => to.map((other) => `${one} -> ${other}`));
    })
    .sort();
}

test("the map shows every dependency among the crates and no other", () => {
  assert.deepEqual(arrows(false), edges(false));
  assert.deepEqual(arrows(true), edges(true));
});

test("no shared crate depends on a handler, on likesctl or on the end-to-end tests", () => {
  const isShared = ({ manifest_path }: Package) =>
    path.relative(PROJECT, manifest_path).startsWith(`crates${path.sep}`);
  const shared = new Set(crates.filter(isShared).map(({ name }) => name));
  const others = crates.filter(({ name }) => !shared.has(name)).map(({ name }) => name);
  for (const edge of [...edges(false), ...edges(true)]) {
    const [from = "", to = ""] = edge.split(" -> ");
    assert.ok(!shared.has(from) || !others.includes(to), edge);
  }
});
