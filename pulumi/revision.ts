import { spawnSync } from "node:child_process";

/** The git revision of the source. */
export function revision(): string {
  const told = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: __dirname, encoding: "utf8" });
  return told.stdout?.trim() || "unknown";
}
