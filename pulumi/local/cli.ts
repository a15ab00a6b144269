/** The local stack's command line, called by the recipes in the justfile. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { revision } from "../revision";
import { newCredentials } from "./credentials";
import { hostArchitecture } from "./deploy";
import { freePort } from "./detached";
import { outputsOf } from "./outputs";
import { chosenPorts, freePorts, type Ports } from "./ports";
import { readConfig } from "./program";
import { LocalStack, type Options, type Outputs } from "./stack";
import { StackError } from "./stackError";

const PROJECT = path.join(__dirname, "..", "..");
const STATE = path.join(PROJECT, ".local");
const UI_CONFIG = path.join("ui", "public", "config.json");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How often a running stack is checked. */
const WATCH_MS = 1000;

/** What is lost when the local stack stops: the emulator keeps everything in memory. */
const DATA = "its data (counts, archive, stream, queue)";

const print = (line: string) => console.log(line);

function greet(outputs: Outputs): void {
  const { websiteUrl, likesUrl, endpointUrl, otlpEndpoint } = outputs;
  print(`
The pipeline is running on this machine.

  Website   ${websiteUrl ?? "none"}
  API       ${likesUrl}
  AWS       ${endpointUrl} for any AWS client, with the credentials in the outputs
  Outputs   .local/outputs.json
  Log       .local/functions.log
${otlpEndpoint ? `  Traces    sent to ${otlpEndpoint}\n` : ""}
Like a movie, then read its count:

  curl -i ${likesUrl} -H 'Content-Type: application/json' -d '{"movieId":"tt0111161","userId":"u-42"}'
  curl ${likesUrl}?movieId=tt0111161
`);
}

/**
 * Resolves when the user or the system asks this process to end.
 *
 * Both the terminal and just may signal it, so it must survive further signals until everything is stopped.
 */
const ended = new Promise<void>((resolve) => {
  for (const name of SIGNALS) {
    process.on(name, () => resolve());
  }
});

/** Starts a stack; stops it again if this process is asked to end meanwhile. */
async function upUnlessEnded(stack: LocalStack, at: Ports, options: Options): Promise<Outputs | undefined> {
  const outputs = await Promise.race([stack.up(at, print, options), ended]);
  if (!outputs) {
    await stack.down();
    return undefined;
  }
  return outputs;
}

/** Watches the stack's processes until `over` settles. */
async function watchUntil(over: Promise<unknown>, stack: LocalStack): Promise<void> {
  const isOver = over.then(() => true);
  while (!(await Promise.race([isOver, sleep(WATCH_MS, false)]))) {
    const server = await stack.mend(print);
    if (server) {
      throw new StackError(`${server.name} exited unexpectedly; see ${path.relative(PROJECT, server.log)}`);
    }
  }
}

/** What the environment sets. */
const chosen = (): Options => ({ otlpEndpoint: process.env.LIKES_OTLP_ENDPOINT || undefined });

async function serve(stack: LocalStack): Promise<number> {
  const outputs = await upUnlessEnded(stack, await chosenPorts(), chosen());
  if (outputs) {
    greet(outputs);
    print(`Stop it with Ctrl-C; this deletes ${DATA}.`);
    try {
      await watchUntil(ended, stack);
    } catch (error) {
      await stack.down();
      throw error;
    }
  }
  print("\nStopping");
  await stack.down();
  return 0;
}

async function up(stack: LocalStack): Promise<number> {
  const outputs = await upUnlessEnded(stack, await chosenPorts(), chosen());
  if (!outputs) {
    return 130;
  }
  greet(outputs);
  print(`Stop it with ./justw local-down; this deletes ${DATA}.`);
  return 0;
}

async function down(stack: LocalStack): Promise<number> {
  print((await stack.down()) ? `Stopped the local stack and deleted ${DATA}` : "No local stack is running");
  return 0;
}

/** Runs a command against a separate stack, with its outputs in `LIKES_OUTPUTS`, and always stops the stack. */
async function withStack(command: string[], options: Options): Promise<number> {
  const [program, ...args] = command;
  if (!program) {
    throw new StackError("with-stack needs a command");
  }
  fs.mkdirSync(STATE, { recursive: true });
  const folder = fs.mkdtempSync(path.join(STATE, "test-"));
  const stack = new LocalStack(folder);
  try {
    const outputs = await upUnlessEnded(stack, await freePorts(), options);
    if (!outputs) {
      return 130;
    }
    const child = spawn(program, args, {
      stdio: "inherit",
      env: { ...process.env, LIKES_OUTPUTS: stack.outputsFile },
    });
    const exited = new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
    ended.then(() => child.kill("SIGTERM"));
    await watchUntil(exited, stack).catch((error: Error) => console.error(`error: ${error.message}`));
    const code = await exited;
    if (code !== 0) {
      fs.copyFileSync(stack.emulatorLog, path.join(STATE, "failed-test.log"));
      console.error("The emulator's log is in .local/failed-test.log");
    }
    return code;
  } finally {
    await stack.down();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function showOutputs(stack: LocalStack, name = "local"): number {
  print(JSON.stringify(outputsOf(name, stack), null, 2));
  return 0;
}

/** Writes what the web page needs to know about a stack and its own build. */
function writeUiConfig(stack: LocalStack, name = "local"): number {
  const { invokeUrl, region } = outputsOf(name, stack);
  const config = { stack: name, apiUrl: invokeUrl, region, build: revision() };
  fs.mkdirSync(path.join(PROJECT, "ui", "public"), { recursive: true });
  fs.writeFileSync(path.join(PROJECT, UI_CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  print(`Wrote ${UI_CONFIG}`);
  return 0;
}

/** The architecture to build a stack's functions for: this machine's for the local stack. */
function showArchitecture(name = "local"): number {
  print(name === "local" ? hostArchitecture() : (readConfig(name)["likestream:architecture"] ?? ""));
  return 0;
}

async function run([command, ...args]: string[]): Promise<number> {
  const stack = new LocalStack(STATE);
  switch (command) {
    case "check":
      newCredentials();
      await stack.check(await chosenPorts());
      return 0;
    case "serve":
      return serve(stack);
    case "up":
      return up(stack);
    case "down":
      return down(stack);
    case "outputs":
      return showOutputs(stack, args[0]);
    case "ui-config":
      return writeUiConfig(stack, args[0]);
    case "architecture":
      return showArchitecture(args[0]);
    case "with-stack":
      return withStack(args, {});
    case "with-traced-stack":
      // The end-to-end tests collect the spans themselves.
      return withStack(args, { otlpEndpoint: `http://127.0.0.1:${await freePort()}` });
    case "with-faulty-stack":
      return withStack(args, { faulty: true });
    default:
      throw new StackError(
        "usage: cli check | serve | up | down | outputs [STACK] | ui-config [STACK] | architecture [STACK] | with-[traced-|faulty-]stack COMMAND",
      );
  }
}

/** Exits now, even if work is still in flight. */
function exit(code: number): never {
  // On exit Pulumi complains about resources that wait for one that failed; the error message is clearer.
  process.removeAllListeners("exit");
  process.exit(code);
}

run(process.argv.slice(2)).then(exit, (error: Error) => {
  console.error(`error: ${error.message}`);
  exit(1);
});
