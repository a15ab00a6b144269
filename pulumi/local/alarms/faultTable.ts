/** The table in docs/operations.md of which alarm rang in which fault. */
import * as fs from "node:fs";
import * as path from "node:path";

export interface Row {
  readonly alarm: string;
  /** Empty for an alarm that cannot ring on one machine. */
  readonly fault: string;
  /** The alarm that notified; empty if the alarm itself did. */
  readonly composite: string;
}

const PAGE = path.join(__dirname, "..", "..", "..", "docs", "operations.md");

export function readTable(): Row[] {
  const [, text = ""] = fs.readFileSync(PAGE, "utf8").split("## What was tried");
  const rows = text.matchAll(/^\| `([\w-]+)` \| (.*?) \| .*? \| (.*?) \|$/gm);
  return [...rows].map(([, alarm = "", fault = "", notified = ""]) => ({
    alarm,
    fault: fault === "–" ? "" : fault,
    composite: /^`([\w-]+)`$/.exec(notified)?.[1] ?? "",
  }));
}
