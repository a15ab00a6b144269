/** Runs the Pulumi program in this process, with mocks that handle its resources. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
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

export interface RunOptions {
  /** Whether to run the program as `pulumi preview` does. */
  readonly preview?: boolean;
  /** Called with each request to register a resource, before the mocks handle it. */
  readonly onRegister?: (request: RegisterResourceRequest) => void;
}

/**
 * Runs the program once and returns its outputs when all resources are created. A preview returns none: they are not
 * known.
 *
 * It uses Pulumi's hook for unit tests: https://www.pulumi.com/docs/iac/guides/testing/unit/
 */
export async function runProgram(
  mocks: pulumi.runtime.Mocks,
  stack: string,
  config: Record<string, string>,
  { preview = false, onRegister }: RunOptions = {},
): Promise<Record<string, unknown>> {
  await pulumi.runtime.setMocks(mocks, "likestream", stack, preview);
  pulumi.runtime.setAllConfig(config);
  if (onRegister) {
    watch(onRegister);
  }
  for (const file of Object.keys(require.cache)) {
    if (path.dirname(file) === PROGRAM) {
      delete require.cache[file];
    }
  }
  const exported: Record<string, pulumi.Output<unknown>> = require(path.join(PROGRAM, "index"));
  const outputs = await new Promise<Record<string, unknown>>((resolve) => {
    // Nothing is applied to outputs that are not known.
    if (preview) {
      resolve({});
    }
    pulumi.all(exported).apply(resolve);
  });
  await pulumi.runtime.disconnect();
  return outputs;
}

/** Calls `onRegister` with each request to register a resource: the mocks see neither its parent nor its options. */
function watch(onRegister: (request: RegisterResourceRequest) => void): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    onRegister(request);
    return register(request, callback);
  };
}
