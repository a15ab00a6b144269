import { spawnSync } from "node:child_process";

/** The git revision of the source. */
export function revision(): string {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: __dirname, encoding: "utf8" });
  return stdout?.trim() || "unknown";
}
