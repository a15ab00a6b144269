/** The local stack: the emulator with the program deployed on it, and the files that record it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { connect, type Site } from "./clients";
import { newCredentials } from "./credentials";
import { deploy } from "./deploy";
import { freePort, isFree, isRunning, type Server, stop, untilReady } from "./detached";
import type { Ports } from "./ports";
import {
  CHECKPOINTS,
  DELIVERY,
  launchDelivery,
  launchEmulator,
  launchFaultProxy,
  launchGateway,
  launchMapping,
  launchMetrics,
  launchObserver,
  launchWebsite,
  MAPPING,
} from "./processes";
import { readConfig } from "./program";
import { StackError } from "./stackError";

const PROJECT = path.join(__dirname, "..", "..");
const HANDLERS = path.join(PROJECT, "handlers");

/** The crates of the functions. */
function handlers(): string[] {
  return fs.readdirSync(HANDLERS).filter((crate) => fs.existsSync(path.join(HANDLERS, crate, "Cargo.toml")));
}

/** A stack's outputs by name. */
export type Outputs = Record<string, unknown>;

/** How a stack differs from the usual one. */
export interface Options {
  /** Whether a fault-injecting proxy is between the functions and the emulator, at the output `faultsUrl`. */
  readonly faulty?: boolean;
  /** The collector that gets the traces of all likes, which is an output too; none if undefined. */
  readonly otlpEndpoint?: string | undefined;
}

/** One local stack, recorded in a folder. */
export class LocalStack {
  private readonly serversFile: string;
  readonly outputsFile: string;
  readonly emulatorLog: string;
  /** How to launch the processes that are restarted if they exit, by name. */
  private readonly restartable = new Map<string, () => Server>();

  constructor(private readonly folder: string) {
    this.serversFile = path.join(folder, "servers.json");
    this.emulatorLog = path.join(folder, "ministack.log");
    this.outputsFile = path.join(folder, "outputs.json");
  }

  /** The running emulator, if any. */
  running(): Server | undefined {
    return this.servers().find(({ name }) => name === "ministack");
  }

  /**
   * Launches a process that `mend` restarts if it exits, and waits until it is ready.
   *
   * @throws StartError if it exits before that, or takes too long.
   */
  async keep(launch: () => Server): Promise<void> {
    const server = this.started(launch());
    this.restartable.set(server.name, launch);
    await untilReady(server);
  }

  /**
   * Checks that all processes are running, and restarts those that can be restarted.
   *
   * @returns another process that has exited, if any.
   */
  async mend(report: (line: string) => void): Promise<Server | undefined> {
    const exited = this.recorded().filter((server) => !isRunning(server));
    const lost = exited.find(({ name }) => !this.restartable.has(name));
    if (lost) {
      return lost;
    }
    for (const { name } of exited) {
      report(`${name} exited unexpectedly; restarting it`);
      const launch = this.restartable.get(name);
      if (launch) {
        await this.keep(launch);
      }
    }
    return undefined;
  }

  /** The outputs of the running stack, if any. */
  outputs(): Outputs | undefined {
    return this.running() && readJson<Outputs>(this.outputsFile);
  }

  /**
   * Checks that the stack can start on these ports.
   *
   * @throws StackError saying what prevents it and how to fix it.
   */
  async check({ emulator, website }: Ports): Promise<void> {
    if (process.platform !== "linux") {
      throw new StackError("the local stack runs the functions as Lambda does and needs Linux (WSL 2 works)");
    }
    const ready = this.running()?.ready;
    if (ready && "url" in ready) {
      const { origin } = new URL(ready.url);
      throw new StackError(`a local stack is already running at ${origin}; stop it with: ./justw local-down`);
    }
    for (const [name, port] of [
      ["LIKES_PORT", emulator],
      ["LIKES_WEBSITE_PORT", website],
    ] as const) {
      if (!(await isFree(port))) {
        throw new StackError(
          `port ${port} is in use; choose another, such as: ${name}=${port + 1} ./justw local`,
        );
      }
    }
  }

  /**
   * Starts the emulator, deploys the program and serves the website; a failure leaves nothing running.
   *
   * @throws StackError, StartError or DeployError saying what failed.
   */
  async up(ports: Ports, report: (line: string) => void, options: Options = {}): Promise<Outputs> {
    const { faulty = false, otlpEndpoint } = options;
    const { emulator: port, website } = ports;
    await this.check(ports);
    for (const crate of handlers()) {
      if (!fs.existsSync(path.join(PROJECT, "target", "lambda", crate, "bootstrap.zip"))) {
        throw new StackError(`the function ${crate} is not built; build it with: ./justw build`);
      }
    }
    for (const [name, program] of [
      ["event source mapping", MAPPING],
      ["delivery stream", DELIVERY],
    ] as const) {
      if (!fs.existsSync(program)) {
        throw new StackError(`the ${name} is not built; build it with: ./justw build`);
      }
    }
    const site: Site = {
      endpoint: `http://127.0.0.1:${port}`,
      region: readConfig("local")["aws:region"] ?? "us-east-1",
      credentials: newCredentials(),
    };
    // Clean up after a stack that was not stopped: its checkpoints belong to another stream.
    await this.down();
    try {
      let observer: Server | undefined;
      let callsGoTo = process.env.LIKES_AWS_ENDPOINT_URL || undefined;
      if (faulty) {
        const proxyPort = await freePort();
        this.started(launchFaultProxy(proxyPort, site, this.folder));
        const observerPort = await freePort();
        observer = this.started(launchObserver(observerPort, proxyPort, this.folder));
        callsGoTo = `http://127.0.0.1:${observerPort}`;
      }
      report(`Starting the emulator on port ${port}`);
      const emulator = this.started(launchEmulator(site, this.folder, callsGoTo));
      this.started(launchGateway(site, this.folder));
      await untilReady(emulator);
      if (observer) {
        await untilReady(observer);
      }
      let resources = 0;
      const websiteUrl = `http://127.0.0.1:${website}`;
      const { outputs: deployed, mappings } = await deploy(
        site,
        websiteUrl,
        otlpEndpoint,
        (delivery) => this.keep(() => launchDelivery(site, delivery, this.folder)),
        (type, name) => {
          resources += 1;
          report(`  + ${type.split("/")[0]?.padEnd(14)} ${type.split(":").at(-1)?.padEnd(40)} ${name}`);
        },
      );
      report(`Deployed ${resources} resources`);
      for (const mapping of mappings) {
        // A mapping that is restarted continues from its checkpoints.
        await this.keep(() => launchMapping(site, mapping, this.folder));
      }
      const logged = this.recorded().filter(({ name }) => name !== "ministack");
      await this.keep(() => launchMetrics(site, logged, this.folder));
      if (deployed.websiteUrl) {
        const { DistributionList } = await connect(site).cloudFront.listDistributions();
        const host = DistributionList?.Items?.[0]?.DomainName ?? "";
        await untilReady(this.started(launchWebsite(website, host, this.folder)));
      }
      const outputs = { ...deployed, otlpEndpoint, ...(faulty && { faultsUrl: `${callsGoTo}/_microburst` }) };
      // The outputs include the credentials.
      fs.writeFileSync(this.outputsFile, `${JSON.stringify(outputs, null, 2)}\n`, { mode: 0o600 });
      return outputs;
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  /** Stops all processes and deletes what they stored. Returns whether any was running. */
  async down(): Promise<boolean> {
    const running = this.servers();
    await Promise.all(running.map(stop));
    for (const file of ["servers.json", "outputs.json", CHECKPOINTS, "tmp"]) {
      fs.rmSync(path.join(this.folder, file), { recursive: true, force: true });
    }
    return running.length > 0;
  }

  /** Records a process, so that a later command can stop it. */
  private started(server: Server): Server {
    const others = this.recorded().filter(({ name }) => name !== server.name);
    fs.writeFileSync(this.serversFile, JSON.stringify([...others, server]));
    return server;
  }

  private servers(): Server[] {
    return this.recorded().filter(isRunning);
  }

  private recorded(): Server[] {
    return readJson<Server[]>(this.serversFile) ?? [];
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
