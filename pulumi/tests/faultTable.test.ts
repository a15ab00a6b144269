/** docs/operations.md says of each alarm in which fault it rang, and who notified. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { readTable } from "../local/alarms/faultTable";
import type { Watched } from "../metrics";
import { watches } from "../watches";

const FAULTS = path.join(__dirname, "..", "..", "e2e", "tests", "faults");

const watched = {
  functionNames: { ingest: "", update: "", get: "" },
  tableNames: { ledger: "", counts: "" },
} as Watched;

test("each alarm is in the table once, with the composite alarm that it is part of", () => {
  assert.deepEqual(
    readTable().map(({ alarm, composite, fault }) => [alarm, fault && composite]),
    Object.entries(watches(watched, 168)).map(([name, { partOf = "" }]) => [name, partOf]),
  );
});

test("each fault in the table is one of test-faults", () => {
  const tests = ["main.rs", "ringing.rs"]
    .map((file) => fs.readFileSync(path.join(FAULTS, file), "utf8"))
    .join();
  for (const { alarm, fault } of readTable()) {
    assert.ok(
      tests.includes(`"${fault}"`) || (fault === "" && alarm === "archive-behind"),
      `${alarm}: ${fault}`,
    );
  }
});
