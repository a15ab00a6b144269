import { spawnSync } from "node:child_process";

/** The source that this is, as git calls it. */
export function revision(): string {
  const told = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: __dirname, encoding: "utf8" });
  return told.stdout?.trim() || "unknown";
}
