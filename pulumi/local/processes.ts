/** The processes of a local stack: the emulator, and what stands before and beside it. */
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { Site } from "./clients";
import type { Credentials } from "./credentials";
import { launch, type Server } from "./detached";

const PROJECT = path.join(__dirname, "..", "..");
const PYTHON = path.join(PROJECT, ".venv", "bin", "python");

/** Built by `just build`. */
export const MAPPING = path.join(PROJECT, "target", "debug", "event-source-mapping");

/** The emulator's socket, as its own process and those of its neighbours see it: a path in full may be too long for one. */
const SOCKET = "emulator.sock";
const NEIGHBOURS_SOCKET = path.join("..", "ministack", SOCKET);

function environmentOf({ accessKeyId, secretAccessKey }: Credentials) {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** The command that runs a program of this folder. */
function script(file: string, ...args: string[]): [string, ...string[]] {
  return [
    process.execPath,
    "--import",
    pathToFileURL(require.resolve("tsx")).href,
    path.join(__dirname, file),
    ...args,
  ];
}

/**
 * Launches MiniStack without any resource, with IAM enforced, whose functions call AWS at `callsGoTo`.
 *
 * Only the gateway reaches it. Uvicorn serves it, since it takes about half of the processor that MiniStack's own server takes.
 */
export function launchEmulator(site: Site, folder: string, callsGoTo = site.endpoint): Server {
  return launch({
    name: "ministack",
    command: [
      PYTHON,
      ...["-m", "uvicorn", "ministack.app:app", "--uds", SOCKET, "--loop", "uvloop", "--http", "httptools"],
      ...["--no-access-log", "--no-server-header", "--no-date-header", "--timeout-keep-alive", "75"],
    ],
    // Through the gateway.
    ready: { url: `${site.endpoint}/_ministack/health` },
    folder,
    environment: {
      ...environmentOf(site.credentials),
      GATEWAY_PORT: new URL(site.endpoint).port,
      MINISTACK_REGION: site.region,
      // Each handler may do only what its role's policy says.
      AUTH: "true",
      AWS_ENDPOINT_URL: callsGoTo,
    },
  });
}

/** Launches what lets calls through to the emulator, if they may be made. */
export function launchGateway(site: Site, folder: string): Server {
  return launch({
    name: "gateway",
    command: script("gateway/server.ts", new URL(site.endpoint).port, NEIGHBOURS_SOCKET),
    ready: { url: `${site.endpoint}/_ministack/health` },
    folder,
    environment: environmentOf(site.credentials),
  });
}

/** Launches the process that delivers the stream's records to UpdateCount, as the mapping with this UUID says. */
export function launchMapping(site: Site, uuid: string, folder: string): Server {
  return launch({
    name: "mapping",
    command: [MAPPING, "--mapping", uuid, "--checkpoints", path.join(folder, "checkpoints.json")],
    ready: { logged: " ready " },
    folder,
    environment: {
      ...environmentOf(site.credentials),
      AWS_ENDPOINT_URL: site.endpoint,
      AWS_REGION: site.region,
    },
  });
}

/**
 * Launches microburst, whose rules say what goes wrong; it has none yet.
 *
 * It signs what it passes on with the stack's credentials, since the handlers sign for the proxy's address.
 */
export function launchFaultProxy(port: number, site: Site, folder: string): Server {
  return launch({
    name: "microburst",
    command: [
      PYTHON,
      "-m",
      "microburst",
      ...["--upstream", site.endpoint, "--host", "127.0.0.1", "--port", String(port), "--resign"],
    ],
    ready: { url: `http://127.0.0.1:${port}/_microburst/health` },
    folder,
    environment: environmentOf(site.credentials),
  });
}

/** Launches what serves the website of a CloudFront distribution of the emulator's, which is found by its host. */
export function launchWebsite(port: number, host: string, folder: string): Server {
  return launch({
    name: "website",
    command: script("websiteServer.ts", String(port), NEIGHBOURS_SOCKET, host),
    ready: { url: `http://127.0.0.1:${port}/` },
    folder,
    environment: {},
  });
}
