/** The processes of a local stack: the emulator and those around it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { Site } from "./clients";
import type { Credentials } from "./credentials";
import { launch, type Server, type ServerArgs } from "./detached";
import type { Delivery, Mapping } from "./resource";

const PROJECT = path.join(__dirname, "..", "..");
const PYTHON = path.join(PROJECT, ".venv", "bin", "python");

/** What the functions write, and Lambda's metrics: in the stack's folder. */
const FUNCTIONS_LOG = "functions.log";

/** Built by `./justw build`. */
export const MAPPING = path.join(PROJECT, "target", "debug", "event-source-mapping");

/** Built by `./justw build`. */
export const DELIVERY = path.join(PROJECT, "target", "debug", "delivery-stream");

/** The emulator's socket, relative to its own folder and to those of other processes: an absolute path may be too long. */
const SOCKET = "emulator.sock";
const NEIGHBOURS_SOCKET = path.join("..", "ministack", SOCKET);

function environmentOf({ accessKeyId, secretAccessKey }: Credentials) {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** The command that runs a script in this folder. */
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
 * Launches MiniStack, empty and with IAM enforced; its functions call AWS at `callsGoTo`.
 *
 * Only the gateway can reach it. It runs on Uvicorn, which uses about half the CPU of MiniStack's own server.
 */
export function launchEmulator(site: Site, folder: string, callsGoTo = site.endpoint): Server {
  const functionsLog = path.join(folder, FUNCTIONS_LOG);
  fs.rmSync(functionsLog, { force: true });
  return launch({
    name: "ministack",
    command: [
      PYTHON,
      ...["-m", "uvicorn", "emulator:app", "--app-dir", __dirname, "--uds", SOCKET],
      ...["--loop", "uvloop", "--http", "httptools"],
      ...["--no-access-log", "--no-server-header", "--no-date-header", "--timeout-keep-alive", "75"],
    ],
    // Through the gateway.
    ready: { url: `${site.endpoint}/_ministack/health` },
    folder,
    environment: {
      ...environmentOf(site.credentials),
      GATEWAY_PORT: new URL(site.endpoint).port,
      MINISTACK_REGION: site.region,
      // Each handler may do only what its role's policy allows.
      AUTH: "true",
      AWS_ENDPOINT_URL: callsGoTo,
      LIKES_FUNCTIONS_LOG: functionsLog,
      PYTHONDONTWRITEBYTECODE: "true",
    },
  });
}

/** Launches the gateway, which forwards admitted calls to the emulator. */
export function launchGateway(site: Site, folder: string): Server {
  return launch({
    name: "gateway",
    command: script("gateway/server.ts", new URL(site.endpoint).port, NEIGHBOURS_SOCKET),
    ready: { url: `${site.endpoint}/_ministack/health` },
    folder,
    environment: environmentOf(site.credentials),
  });
}

/** Holds the checkpoints of each process that reads the stream, in the stack's folder. */
export const CHECKPOINTS = "checkpoints";

/** Launches the process that delivers the stream's records to a function, as its mapping is configured. */
export function launchMapping(site: Site, mapping: Mapping, folder: string): Server {
  return launchReader(mappingProcess(site, mapping, folder));
}

/** Launches the process that writes the stream's records to S3, as Firehose does. */
export function launchDelivery(site: Site, delivery: Delivery, folder: string): Server {
  return launchReader(deliveryProcess(site, delivery, folder));
}

function launchReader(reader: ServerArgs): Server {
  fs.mkdirSync(path.join(reader.folder, CHECKPOINTS), { recursive: true });
  return launch(reader);
}

/** The process of a mapping. Each mapping has its own checkpoints: it reads the stream at its own pace. */
export function mappingProcess(site: Site, { name, uuid }: Mapping, folder: string): ServerArgs {
  return reader(site, folder, `mapping-${name}`, [MAPPING, "--mapping", uuid]);
}

/** The process of a delivery stream, with checkpoints of its own. */
export function deliveryProcess(site: Site, delivery: Delivery, folder: string): ServerArgs {
  const { name, streamArn, bucket, prefix, intervalSeconds } = delivery;
  return reader(site, folder, `delivery-${name}`, [
    DELIVERY,
    ...["--name", name, "--stream", streamArn, "--bucket", bucket, "--prefix", prefix],
    ...["--interval-seconds", String(intervalSeconds)],
  ]);
}

/** A process that reads the stream. */
function reader(site: Site, folder: string, name: string, command: [string, ...string[]]): ServerArgs {
  return {
    name,
    command: [...command, "--checkpoints", path.join(folder, CHECKPOINTS, `${name}.json`)],
    ready: { logged: " ready " },
    folder,
    environment: {
      ...environmentOf(site.credentials),
      AWS_ENDPOINT_URL: site.endpoint,
      AWS_REGION: site.region,
    },
  };
}

/** Launches the process that puts the metrics in the logs of functions and processes into CloudWatch. */
export function launchMetrics(site: Site, logged: readonly Server[], folder: string): Server {
  const checkpoints = path.join(folder, CHECKPOINTS);
  fs.mkdirSync(checkpoints, { recursive: true });
  const logs = [path.join(folder, FUNCTIONS_LOG), ...logged.map(({ log }) => log)];
  return launch({
    name: "metrics",
    command: script("metrics/process.ts", path.join(checkpoints, "metrics.json"), ...logs),
    ready: { logged: "ready" },
    folder,
    environment: {
      ...environmentOf(site.credentials),
      AWS_ENDPOINT_URL: site.endpoint,
      AWS_REGION: site.region,
      // The versions are pinned, so a warning that later ones drop Node 20 is of no use.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    },
  });
}

/** Launches the process between functions and microburst that counts what fails. */
export function launchObserver(port: number, proxyPort: number, folder: string): Server {
  return launch({
    name: "observer",
    command: script("gateway/observer.ts", String(port), String(proxyPort)),
    // Through the observer.
    ready: { url: `http://127.0.0.1:${port}/_microburst/health` },
    folder,
    environment: {},
  });
}

/**
 * Launches microburst, a proxy that injects the faults in its rules; it starts without any.
 *
 * It signs forwarded requests again with the stack's credentials, since the handlers sign for the proxy's address.
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

/** Launches the server of the website; `host` is that of its CloudFront distribution on the emulator. */
export function launchWebsite(port: number, host: string, folder: string): Server {
  return launch({
    name: "website",
    command: script("websiteServer.ts", String(port), NEIGHBOURS_SOCKET, host),
    ready: { url: `http://127.0.0.1:${port}/` },
    folder,
    environment: {},
  });
}
