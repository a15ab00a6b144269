/** Stack outputs: the local stack's, or those of any stack that Pulumi knows. */
import { spawnSync } from "node:child_process";
import type { LocalStack, Outputs } from "./stack";
import { StackError } from "./stackError";

/**
 * Reads a stack's outputs.
 *
 * @throws StackError if the stack has none.
 */
export function outputsOf(name: string, local: LocalStack): Outputs {
  if (name === "local") {
    const outputs = local.outputs();
    if (!outputs) {
      throw new StackError("no local stack is running; start one with: ./justw local-up");
    }
    return outputs;
  }
  const { error, status, stdout, stderr } = spawnSync(
    "pulumi",
    ["stack", "output", "--json", "--stack", name],
    { encoding: "utf8" },
  );
  if (error) {
    throw new StackError(
      "the Pulumi CLI is missing; install it: https://www.pulumi.com/docs/iac/download-install/",
    );
  }
  if (status !== 0) {
    throw new StackError(`Pulumi cannot read the outputs of the stack ${name}: ${stderr.trim()}`);
  }
  return JSON.parse(stdout);
}
