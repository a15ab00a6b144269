import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { isRunning, launch, StartError, stop, untilReady } from "./detached";

const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), "detached-"));

function program(script: string) {
  const command: [string, ...string[]] = [process.execPath, "-e", script];
  return launch({
    name: "it",
    command,
    ready: { logged: "ready" },
    folder: FOLDER,
    environment: { ITS: "own" },
  });
}

test("a process runs in a private folder and does not inherit the user's credentials", async () => {
  process.env.AWS_SECRET_ACCESS_KEY = "the user's";
  const script =
    "console.log(process.cwd(), process.env.ITS, process.env.AWS_SECRET_ACCESS_KEY, 'ready'); setInterval(() => {}, 9e9)";
  const server = program(script);
  await untilReady(server);
  const [folder = "", own, secret] = fs.readFileSync(server.log, "utf8").split(" ");
  assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual([own, secret], ["own", "undefined"]);
  assert.equal(isRunning(server), true);
  await stop(server);
  assert.equal(isRunning(server), false);
});

test("a process that exits before it is ready is reported with its log", async () => {
  const server = program("console.error('no')");
  await assert.rejects(
    untilReady(server),
    new StartError(`it exited before it was ready; see ${server.log}`),
  );
});
