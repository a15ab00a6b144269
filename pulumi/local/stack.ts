/** The local stack: an emulator with the program deployed on it, and what is written down of it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { connect } from "./clients";
import { deploy } from "./deploy";
import { freePort, isFree, isRunning, type Server, stop, untilReady } from "./detached";
import { launchEmulator, launchFaultProxy, launchWebsite } from "./emulator";
import { readConfig } from "./program";

const PROJECT = path.join(__dirname, "..", "..");
const CRATES = ["get-likes", "ingest-like", "update-count"];

/** Something that the user can mend; the message says how. */
export class StackError extends Error {}

/** Where a local stack listens. */
export interface Ports {
  readonly emulator: number;
  readonly website: number;
}

/** A stack's outputs by their names. */
export type Outputs = Record<string, unknown>;

/** A folder that holds what is known of one local stack. */
export class LocalStack {
  private readonly serversFile: string;
  readonly outputsFile: string;
  readonly emulatorLog: string;

  constructor(private readonly folder: string) {
    this.serversFile = path.join(folder, "servers.json");
    this.emulatorLog = path.join(folder, "ministack.log");
    this.outputsFile = path.join(folder, "outputs.json");
  }

  /** The emulator that runs, if one does. */
  running(): Server | undefined {
    return this.servers().find(({ name }) => name === "ministack");
  }

  /** A server of the stack that was started and runs no more, if there is one. */
  ended(): Server | undefined {
    return this.recorded().find((server) => !isRunning(server));
  }

  /** The outputs of the stack that runs, if one does. */
  outputs(): Outputs | undefined {
    return this.running() && readJson<Outputs>(this.outputsFile);
  }

  /**
   * Finds out what would keep the stack from starting at these ports.
   *
   * @throws StackError saying what it is and how to mend it.
   */
  async check({ emulator, website }: Ports): Promise<void> {
    if (process.platform !== "linux") {
      throw new StackError("the local stack runs the functions as Lambda does, on Linux (WSL 2 will do)");
    }
    const running = this.running();
    if (running) {
      throw new StackError(
        `a local stack runs already at ${running.endpoint}; stop it with: just local-down`,
      );
    }
    for (const [name, port] of [
      ["LIKES_PORT", emulator],
      ["LIKES_WEBSITE_PORT", website],
    ] as const) {
      if (!(await isFree(port))) {
        throw new StackError(`port ${port} is in use; choose another: ${name}=${port + 1} just local`);
      }
    }
  }

  /**
   * Starts an emulator, deploys the program on it and serves the website; on a failure nothing is left running.
   *
   * @param faulty puts a proxy between the functions and the emulator, found by the output `faultsUrl`.
   * @throws StackError, StartError or DeployError saying what failed.
   */
  async up(ports: Ports, report: (line: string) => void, faulty = false): Promise<Outputs> {
    const { emulator: port, website } = ports;
    await this.check(ports);
    for (const crate of CRATES) {
      if (!fs.existsSync(path.join(PROJECT, "target", "lambda", crate, "bootstrap.zip"))) {
        throw new StackError(`the function ${crate} is not built; build it with: just build`);
      }
    }
    const region = readConfig("local")["aws:region"] ?? "us-east-1";
    const endpoint = `http://127.0.0.1:${port}`;
    try {
      let callsGoTo = process.env.LIKES_AWS_ENDPOINT_URL;
      if (faulty) {
        const proxy = this.started(launchFaultProxy(await freePort(), endpoint, this.folder));
        callsGoTo = proxy.endpoint;
      }
      report(`Starting the emulator at port ${port}`);
      await untilReady(this.started(launchEmulator(port, region, this.folder, callsGoTo)));
      let resources = 0;
      const site = { endpoint, region };
      const websiteUrl = `http://127.0.0.1:${website}`;
      const deployed = await deploy(site, websiteUrl, (type, name) => {
        resources += 1;
        report(`  + ${type.split("/")[0]?.padEnd(14)} ${type.split(":").at(-1)?.padEnd(40)} ${name}`);
      });
      report(`Deployed ${resources} resources`);
      if (deployed.websiteUrl) {
        const { DistributionList } = await connect(site).cloudFront.listDistributions();
        const host = DistributionList?.Items?.[0]?.DomainName ?? "";
        await untilReady(this.started(launchWebsite(website, endpoint, host, this.folder)));
      }
      const outputs = { ...deployed, ...(faulty && { faultsUrl: `${callsGoTo}/_microburst` }) };
      fs.writeFileSync(this.outputsFile, `${JSON.stringify(outputs, null, 2)}\n`);
      return outputs;
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  /** Stops the emulator and all that was started with it. Says whether one ran. */
  async down(): Promise<boolean> {
    const running = this.servers();
    await Promise.all(running.map(stop));
    for (const file of [this.serversFile, this.outputsFile, path.join(this.folder, "tmp")]) {
      fs.rmSync(file, { recursive: true, force: true });
    }
    return running.length > 0;
  }

  /** Writes down that a server runs, so that whoever takes the stack down finds it. */
  private started(server: Server): Server {
    fs.writeFileSync(this.serversFile, JSON.stringify([...this.servers(), server]));
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
