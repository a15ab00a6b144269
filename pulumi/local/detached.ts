/** Background processes, each leading a process group that can be stopped as a whole. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 100;

/** The user's variables that a process inherits; credentials and endpoints are not among them. */
const INHERITED = ["HOME", "LANG", "PATH", "RUST_LOG"];

/** A process could not be started. */
export class StartError extends Error {}

/** A process of the local stack. */
export interface Server {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The leader of its process group. */
  readonly pid: number;
  readonly ready: Ready;
  readonly log: string;
}

/** How a process shows that it is ready: it answers at a URL, or writes this text to its log. */
export type Ready = { readonly url: string } | { readonly logged: string };

export interface ServerArgs {
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly ready: Ready;
  /** Holds its log and its temporary files. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Whether a loopback port is free. */
export function isFree(port: number): Promise<boolean> {
  return listen(port).then(
    () => true,
    () => false,
  );
}

/** A port that is currently free. */
export function freePort(): Promise<number> {
  return listen(0);
}

/** Listens on a port briefly; 0 means any port. */
function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address() as net.AddressInfo;
      server.close(() => resolve(address.port));
    });
  });
}

/**
 * Launches a program, detached from this process and its terminal.
 *
 * @throws StartError if it is not installed.
 */
export function launch(args: ServerArgs): Server {
  const { name, command, ready, folder } = args;
  const [program, ...rest] = command;
  if (!fs.existsSync(program)) {
    throw new StartError(`${name} is not installed; install it with: ./justw --install`);
  }
  const temporary = path.join(folder, "tmp", name);
  fs.rmSync(temporary, { recursive: true, force: true });
  // Keeps other users away from the sockets in it.
  fs.mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const log = path.join(folder, `${name}.log`);
  // A new file, so that what follows the log reads the end of the former one too.
  fs.rmSync(log, { force: true });
  const output = fs.openSync(log, "w");
  const child = spawn(program, rest, {
    cwd: temporary,
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      ...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
      TMPDIR: temporary,
      ...args.environment,
    },
  });
  fs.closeSync(output);
  child.unref();
  if (child.pid === undefined) {
    throw new StartError(`${name} could not be started: ${program} cannot be run`);
  }
  return { name, command, pid: child.pid, ready, log };
}

/**
 * Waits until a process is ready.
 *
 * @throws StartError if it exits or takes too long.
 */
export async function untilReady(server: Server): Promise<void> {
  const { name, log } = server;
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    if (await isReady(server)) {
      return;
    }
    if (!isRunning(server)) {
      throw new StartError(`${name} exited before it was ready; see ${log}`);
    }
    await sleep(POLL_MS);
  }
  throw new StartError(`${name} was not ready after ${START_TIMEOUT_MS / 1000} s; see ${log}`);
}

/** Stops a process and its group, and waits until they are gone. */
export async function stop({ pid }: Pick<Server, "pid">): Promise<void> {
  signal(pid, "SIGTERM");
  for (let waited = 0; waited < STOP_TIMEOUT_MS && signal(pid, 0); waited += POLL_MS) {
    await sleep(POLL_MS);
  }
  signal(pid, "SIGKILL");
}

/** Whether a process is running: its recorded PID may have been reused by another program. */
export function isRunning({ command, pid }: Pick<Server, "command" | "pid">): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8") === `${command.join("\0")}\0`;
  } catch {
    return false;
  }
}

/** Signals a process group; returns whether it exists. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false;
  }
}

async function isReady({ ready, log }: Server): Promise<boolean> {
  if ("logged" in ready) {
    return fs.readFileSync(log, "utf8").includes(ready.logged);
  }
  try {
    const response = await fetch(ready.url, { signal: AbortSignal.timeout(1000) });
    return response.ok;
  } catch {
    return false;
  }
}
