/** Runs the Pulumi program in this process, with mocks that handle its resources. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

const PROGRAM = path.join(__dirname, "..");
const PROJECT = path.join(PROGRAM, "..");

/** A stack's configuration as the Pulumi CLI passes it: the defaults in `Pulumi.yaml`, overridden by the stack's file. */
export function readConfig(stack: string): Record<string, string> {
  const project = parse(fs.readFileSync(path.join(PROJECT, "Pulumi.yaml"), "utf8"));
  const file = path.join(PROJECT, `Pulumi.${stack}.yaml`);
  const own = fs.existsSync(file) ? parse(fs.readFileSync(file, "utf8")) : {};
  const defaults = Object.entries<{ default: unknown }>(project.config).map(([key, declared]) => [
    `${project.name}:${key}`,
    declared.default,
  ]);
  const values = { ...Object.fromEntries(defaults), ...own.config };
  return Object.fromEntries(
    Object.entries<unknown>(values).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/**
 * Runs the program once and returns its outputs when all resources are created.
 *
 * It uses Pulumi's hook for unit tests: https://www.pulumi.com/docs/iac/guides/testing/unit/
 */
export async function runProgram(
  mocks: pulumi.runtime.Mocks,
  stack: string,
  config: Record<string, string>,
): Promise<Record<string, unknown>> {
  await pulumi.runtime.setMocks(mocks, "likestream", stack, false);
  pulumi.runtime.setAllConfig(config);
  for (const file of Object.keys(require.cache)) {
    if (path.dirname(file) === PROGRAM) {
      delete require.cache[file];
    }
  }
  const exported: Record<string, pulumi.Output<unknown>> = require(path.join(PROGRAM, "index"));
  const outputs = await new Promise<Record<string, unknown>>((resolve) => {
    pulumi.all(exported).apply(resolve);
  });
  await pulumi.runtime.disconnect();
  return outputs;
}
