/** The local stack's command line, called by the recipes of the justfile. */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { revision } from "../revision";
import { newCredentials } from "./credentials";
import { hostArchitecture } from "./deploy";
import { freePort, isFree } from "./detached";
import { readConfig } from "./program";
import { LocalStack, type Outputs, type Ports } from "./stack";
import { StackError } from "./stackError";

const PROJECT = path.join(__dirname, "..", "..");
const STATE = path.join(PROJECT, ".local");
const UI_CONFIG = path.join("ui", "public", "config.json");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How often a served stack is looked at. */
const WATCH_MS = 1000;

const print = (line: string) => console.log(line);

/** Where the website is served unless the port is taken: a browser keeps likes for an address. */
const WEBSITE_PORT = 4580;

/** The port that a variable names, if it does. */
function portOf(variable: string): number | undefined {
  const value = process.env[variable];
  if (!value) {
    return undefined;
  }
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StackError(`${variable} must be a port's number, 1 to 65535; it is ${value}`);
  }
  return port;
}

async function ports(): Promise<Ports> {
  const website =
    portOf("LIKES_WEBSITE_PORT") ?? ((await isFree(WEBSITE_PORT)) ? WEBSITE_PORT : await freePort());
  return { emulator: portOf("LIKES_PORT") ?? 4566, website };
}

async function freePorts(): Promise<Ports> {
  return { emulator: await freePort(), website: await freePort() };
}

function greet(outputs: Outputs): void {
  const { websiteUrl, likesUrl, endpointUrl } = outputs;
  print(`
The pipeline runs on this machine.

  Website   ${websiteUrl ?? "none"}
  API       ${likesUrl}
  AWS       ${endpointUrl} for any AWS client, with the credentials in the outputs
  Outputs   .local/outputs.json
  Log       .local/ministack.log

Like a movie, then read its count:

  curl -i ${likesUrl} -H 'Content-Type: application/json' -d '{"movieId":"tt0111161","userId":"u-42"}'
  curl ${likesUrl}?movieId=tt0111161
`);
}

/**
 * Resolves when the user or the system asks this process to end.
 *
 * It may be asked more than once, by the terminal and by just, and must not die of it before all is taken down.
 */
const ended = new Promise<void>((resolve) => {
  for (const name of SIGNALS) {
    process.on(name, () => resolve());
  }
});

/** Brings a stack up, or down again when this process is asked to end meanwhile. */
async function upUnlessEnded(stack: LocalStack, at: Ports, faulty = false): Promise<Outputs | undefined> {
  const outputs = await Promise.race([stack.up(at, print, faulty), ended]);
  if (!outputs) {
    await stack.down();
    return undefined;
  }
  return outputs;
}

/** Watches the servers until something is over. */
async function watchUntil(over: Promise<unknown>, stack: LocalStack): Promise<void> {
  const isOver = over.then(() => true);
  while (!(await Promise.race([isOver, sleep(WATCH_MS, false)]))) {
    const server = await stack.mend(print);
    if (server) {
      throw new StackError(`${server.name} has ended by itself; see ${path.relative(PROJECT, server.log)}`);
    }
  }
}

async function serve(stack: LocalStack): Promise<number> {
  const outputs = await upUnlessEnded(stack, await ports());
  if (outputs) {
    greet(outputs);
    print("Stop it with Ctrl-C.");
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
  const outputs = await upUnlessEnded(stack, await ports());
  if (!outputs) {
    return 130;
  }
  greet(outputs);
  print("Stop it with: just local-down");
  return 0;
}

async function down(stack: LocalStack): Promise<number> {
  print((await stack.down()) ? "The local stack is stopped" : "No local stack runs");
  return 0;
}

/** Runs a command against a stack of its own, told by `LIKES_OUTPUTS`, and takes the stack down whatever happens. */
async function withStack(command: string[], faulty: boolean): Promise<number> {
  const [program, ...args] = command;
  if (!program) {
    throw new StackError("with-stack needs a command");
  }
  fs.mkdirSync(STATE, { recursive: true });
  const folder = fs.mkdtempSync(path.join(STATE, "test-"));
  const stack = new LocalStack(folder);
  try {
    const outputs = await upUnlessEnded(stack, await freePorts(), faulty);
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

/** The outputs of a stack: of the local one that runs, or of one that Pulumi knows. */
function outputsOf(name: string): Outputs {
  if (name === "local") {
    const outputs = new LocalStack(STATE).outputs();
    if (!outputs) {
      throw new StackError("no local stack runs; start one with: just local-up");
    }
    return outputs;
  }
  const told = spawnSync("pulumi", ["stack", "output", "--json", "--stack", name], { encoding: "utf8" });
  if (told.error) {
    throw new StackError(
      "the Pulumi CLI is missing; install it: https://www.pulumi.com/docs/iac/download-install/",
    );
  }
  if (told.status !== 0) {
    throw new StackError(`Pulumi does not tell the outputs of the stack ${name}: ${told.stderr.trim()}`);
  }
  return JSON.parse(told.stdout);
}

function showOutputs(name = "local"): number {
  print(JSON.stringify(outputsOf(name), null, 2));
  return 0;
}

/** Writes what the web page must know of a stack, and of the source it was built from. */
function writeUiConfig(name = "local"): number {
  const { invokeUrl, region } = outputsOf(name);
  const config = { stack: name, apiUrl: invokeUrl, region, build: revision() };
  fs.mkdirSync(path.join(PROJECT, "ui", "public"), { recursive: true });
  fs.writeFileSync(path.join(PROJECT, UI_CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  print(`Wrote ${UI_CONFIG}`);
  return 0;
}

/** What a stack's functions are built for; the local stack's, for this machine. */
function showArchitecture(stack = "local"): number {
  print(stack === "local" ? hostArchitecture() : (readConfig(stack)["likestream:architecture"] ?? ""));
  return 0;
}

async function run([command, ...args]: string[]): Promise<number> {
  const stack = new LocalStack(STATE);
  switch (command) {
    case "check":
      newCredentials();
      await stack.check(await ports());
      return 0;
    case "serve":
      return serve(stack);
    case "up":
      return up(stack);
    case "down":
      return down(stack);
    case "outputs":
      return showOutputs(args[0]);
    case "ui-config":
      return writeUiConfig(args[0]);
    case "architecture":
      return showArchitecture(args[0]);
    case "with-stack":
      return withStack(args, false);
    case "with-faulty-stack":
      return withStack(args, true);
    default:
      throw new StackError(
        "usage: cli check | serve | up | down | outputs [STACK] | ui-config [STACK] | architecture [STACK] | with-[faulty-]stack COMMAND",
      );
  }
}

/** Ends this process now, whatever is still under way. */
function exit(code: number): never {
  // At its end Pulumi reports resources that wait for one that will never be: the error says that better.
  process.removeAllListeners("exit");
  process.exit(code);
}

run(process.argv.slice(2)).then(exit, (error: Error) => {
  console.error(`error: ${error.message}`);
  exit(1);
});
