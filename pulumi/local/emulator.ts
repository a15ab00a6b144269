/** The emulator's process: MiniStack, with every handler that it starts. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CREDENTIALS } from "./clients";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 100;

const PYTHON = path.join(__dirname, "..", "..", ".venv", "bin", "python");

/** The emulator could not be started. */
export class EmulatorError extends Error {}

/** A running emulator. */
export interface Emulator {
  /** Its process, which leads the group of all processes that it starts. */
  readonly pid: number;
  readonly endpoint: string;
  readonly log: string;
}

/** Settings of the user's that the emulator and the handlers may see; credentials and endpoints are not among them. */
const INHERITED = ["HOME", "LANG", "PATH", "RUST_LOG"];

/** Says whether a port of this machine can be listened on. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Launches an emulator without any resource, detached from this process and its terminal.
 *
 * @param folder holds its log, `emulator.log`, and what it writes otherwise.
 * @throws EmulatorError if it is not installed.
 */
export function launch(port: number, region: string, folder: string): Emulator {
  if (!fs.existsSync(PYTHON)) {
    throw new EmulatorError("the emulator is not installed; run this through ./justw, which installs it");
  }
  const temporary = path.join(folder, "tmp");
  fs.rmSync(temporary, { recursive: true, force: true });
  fs.mkdirSync(temporary, { recursive: true });
  const endpoint = `http://127.0.0.1:${port}`;
  const log = path.join(folder, "emulator.log");
  const output = fs.openSync(log, "w");
  const child = spawn(PYTHON, ["-m", "ministack"], {
    cwd: temporary,
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      ...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
      TMPDIR: temporary,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: region,
      // Enforces IAM: each handler may do only what its role's policy says.
      AUTH: "true",
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      // Where the handlers call AWS: the emulator, or a proxy before it that injects faults.
      AWS_ENDPOINT_URL: process.env.LIKES_AWS_ENDPOINT_URL || endpoint,
    },
  });
  fs.closeSync(output);
  child.unref();
  if (child.pid === undefined) {
    throw new EmulatorError(`the emulator could not be started: ${PYTHON} cannot be run`);
  }
  return { pid: child.pid, endpoint, log };
}

/**
 * Waits until an emulator answers.
 *
 * @throws EmulatorError if it does not, or has ended.
 */
export async function untilReady({ pid, endpoint, log }: Emulator): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    if (await answers(endpoint)) {
      return;
    }
    if (!isEmulator(pid)) {
      throw new EmulatorError(`the emulator ended at once; see ${log}`);
    }
    await sleep(POLL_MS);
  }
  throw new EmulatorError(`the emulator did not answer for ${START_TIMEOUT_MS / 1000} s; see ${log}`);
}

/** Stops an emulator and all that it started, and waits until they are gone. */
export async function stop({ pid }: Pick<Emulator, "pid">): Promise<void> {
  signal(pid, "SIGTERM");
  for (let waited = 0; waited < STOP_TIMEOUT_MS && signal(pid, 0); waited += POLL_MS) {
    await sleep(POLL_MS);
  }
  signal(pid, "SIGKILL");
}

/** Says whether `pid` is an emulator: its number may have gone to another process since it was written down. */
export function isEmulator(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes("ministack");
  } catch {
    return false;
  }
}

/** Sends a signal to a process's group, and says whether there is one. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false;
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(1000) });
    return response.ok;
  } catch {
    return false;
  }
}
