import assert from "node:assert/strict";
import { test } from "node:test";
import { program } from "../tests/program";
import { estimate } from "./estimate";
import { HELP } from "./options";
import { readSetup } from "./setup";

test("the setup is that of the program", async () => {
  const { all, one } = await program("dev", { alarmEmail: "ann@likes.example" });
  const setup = await readSetup("dev", { alarmEmail: "ann@likes.example" });
  // 26 alarms, of which those on an expression have 4, 4, 3, 3, 2, 2, 2 and 2 metrics.
  assert.equal(all("aws:cloudwatch/metricAlarm:MetricAlarm").length, 26);
  assert.deepEqual([setup.alarmMetrics, setup.compositeAlarms], [40, 2]);
  assert.deepEqual([setup.kmsKeys, setup.metrics], [1, 6]);
  assert.equal(
    setup.memory.update,
    one("aws:lambda/function:Function", "likes-update").inputs.memorySize / 1024,
  );
  assert.deepEqual([setup.logRetentionDays, setup.coldAfterDays, setup.expireAfterDays], [7, 0, 30]);
  assert.deepEqual([setup.readers, setup.bufferBytes, setup.backups], [2, 64 * 2 ** 20, true]);
  assert.deepEqual([setup.tracedShare, setup.webAcls], [0, 0]);
});

test("a changed setting changes the setup", async () => {
  const setup = await readSetup("", {
    archiveBufferSeconds: "900",
    batchSize: "10",
    batchWindowSeconds: "5",
    retentionHours: "24",
    shards: "3",
    streamMode: "PROVISIONED",
    throttleRate: "7",
    tracingPercent: "20",
    wafRequestsPer5Minutes: "100",
  });
  assert.deepEqual([setup.bufferSeconds, setup.batchSize, setup.batchWindowSeconds], [900, 10, 5]);
  assert.deepEqual([setup.streamMode, setup.shards, setup.retentionHours], ["PROVISIONED", 3, 24]);
  assert.deepEqual([setup.throttleRate, setup.tracedShare], [7, 0.2]);
  assert.deepEqual([setup.webAcls, setup.wafRules], [1, 1]);
});

test("the sums are those of the lines, as text and as JSON", async () => {
  const { bill, sums, worstDay } = JSON.parse(await estimate(["--likes", "2M", "--json"]));
  for (const [group, lines] of Object.entries<{ usd: number }[]>(bill)) {
    const total = lines.reduce((all, { usd }) => all + usd, 0);
    assert.ok(lines.length > 0 && Math.abs(total - sums[group]) < 1e-9, group);
  }
  const text = await estimate(["--likes", "2M", "--summary"]);
  const total = sums.traffic + sums.storage + sums.fixed;
  assert.match(text, new RegExp(`^total +${total.toFixed(2)}$`, "m"));
  assert.ok(text.includes(`100 a second for each method: ${worstDay.toFixed(2)}`), text);
});

test("help names every option", async () => {
  assert.equal(await estimate(["--help"]), HELP);
  assert.equal(await estimate(["-h"]), HELP);
});

test("a wrong option is an error that says what is right", async () => {
  for (const [args, message] of [
    [["--like", "1"], "Unknown option '--like'; see: ./justw costs --help"],
    [["1M"], "Unexpected argument '1M'"],
    [["--likes", "0"], "--likes must be a number of at least 1, such as 500, 20k, 1M or 1.5G; it is 0"],
    [["--likes", "many"], "--likes must be a number of at least 1"],
    [["--anonymous", "101"], "--anonymous must be at most 100; it is 101"],
    [["--likes", "1G", "--rate", "10"], "at 10 likes a second, 1000000000 likes take longer than a month"],
    [["--stack", "foo"], "unknown stack: foo; known stacks: dev, local, prod"],
    [["--config", "shards"], "--config must be KEY=VALUE; it is shards"],
    [["--config", "shard=2"], "unknown setting: shard; docs/configuration.md lists them"],
    [["--config", "shards=0"], "likestream:shards must be a whole number from 1 to 10000; it is 0"],
    [
      ["--rate", "101"],
      "101 likes a second are more than the API accepts (100): add --config throttleRate=N",
    ],
    [
      ["--rate", "2k", "--config", "streamMode=PROVISIONED", "--config", "throttleRate=5000"],
      "2,000 likes a second are more than the shards take (1,000): add --config shards=N",
    ],
  ] as const) {
    await assert.rejects(estimate([...args]), (error: Error) => {
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
  }
});
