import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, afterEach, test } from "node:test";
import { isRunning, launch, type Server, stop } from "./detached";
import { deliveryProcess, mappingProcess } from "./processes";
import { LocalStack } from "./stack";

const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), "stack-"));
after(() => fs.rmSync(FOLDER, { recursive: true }));

const launched: Server[] = [];
afterEach(() => Promise.all(launched.splice(0).map(stop)));

/** Returns a function that launches a process and records it. */
function process(name: string): () => Server {
  return () => {
    const command = [
      globalThis.process.execPath,
      "-e",
      "console.log('ready'); setInterval(() => {}, 9e9)",
    ] as const;
    const server = launch({ name, command, ready: { logged: "ready" }, folder: FOLDER, environment: {} });
    launched.push(server);
    return server;
  };
}

test("each process that can be restarted is restarted, and all are stopped", async () => {
  const stack = new LocalStack(FOLDER);
  await stack.keep(process("mapping-one"));
  await stack.keep(process("mapping-other"));
  await Promise.all(launched.map(stop));
  const reports: string[] = [];
  assert.equal(await stack.mend((line) => reports.push(line)), undefined);
  assert.deepEqual(reports, [
    "mapping-one exited unexpectedly; restarting it",
    "mapping-other exited unexpectedly; restarting it",
  ]);
  assert.deepEqual(launched.map(isRunning), [false, false, true, true]);
  assert.equal(await stack.down(), true);
  assert.deepEqual(launched.map(isRunning), [false, false, false, false]);
});

test("processes that read the stream share neither a name nor checkpoints", () => {
  const site = {
    endpoint: "http://127.0.0.1:4566",
    region: "eu-west-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  };
  const delivery = { streamArn: "arn", bucket: "archive", prefix: "likes/", intervalSeconds: 2 };
  const readers = ["one", "other"].flatMap((name) => [
    mappingProcess(site, { name, uuid: `${name}-id` }, FOLDER),
    deliveryProcess(site, { name, ...delivery }, FOLDER),
  ]);
  assert.deepEqual(readers[0]?.command.slice(1, 3), ["--mapping", "one-id"]);
  assert.equal(new Set(readers.map(({ name }) => name)).size, 4);
  assert.equal(new Set(readers.map(({ command }) => command.at(-1))).size, 4);
});
