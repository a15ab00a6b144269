/** The local stack: an emulator with the program deployed on it, and what is written down of it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { deploy } from "./deploy";
import { type Emulator, isEmulator, isFree, launch, stop, untilReady } from "./emulator";
import { readConfig } from "./program";

const PROJECT = path.join(__dirname, "..", "..");
const CRATES = ["get-likes", "ingest-like", "update-count"];

/** Something that the user can mend; the message says how. */
export class StackError extends Error {}

/** A stack's outputs by their names. */
export type Outputs = Record<string, unknown>;

/** A folder that holds what is known of one local stack. */
export class LocalStack {
  private readonly emulatorFile: string;
  readonly outputsFile: string;

  constructor(private readonly folder: string) {
    this.emulatorFile = path.join(folder, "emulator.json");
    this.outputsFile = path.join(folder, "outputs.json");
  }

  /** The emulator that runs, if one does. */
  running(): Emulator | undefined {
    const emulator = readJson<Emulator>(this.emulatorFile);
    return emulator && isEmulator(emulator.pid) ? emulator : undefined;
  }

  /** The outputs of the stack that runs, if one does. */
  outputs(): Outputs | undefined {
    return this.running() && readJson<Outputs>(this.outputsFile);
  }

  /**
   * Finds out what would keep the stack from starting at `port`.
   *
   * @throws StackError saying what it is and how to mend it.
   */
  async check(port: number): Promise<void> {
    if (process.platform !== "linux") {
      throw new StackError("the local stack runs the functions as Lambda does, on Linux (WSL 2 will do)");
    }
    const running = this.running();
    if (running) {
      throw new StackError(
        `a local stack runs already at ${running.endpoint}; stop it with: just local-down`,
      );
    }
    if (!(await isFree(port))) {
      throw new StackError(`port ${port} is in use; choose another: LIKES_PORT=${port + 1} just local`);
    }
  }

  /**
   * Starts an emulator and deploys the program on it; on a failure nothing is left running.
   *
   * @throws StackError, EmulatorError or DeployError saying what failed.
   */
  async up(port: number, report: (line: string) => void): Promise<Outputs> {
    await this.check(port);
    for (const crate of CRATES) {
      if (!fs.existsSync(path.join(PROJECT, "target", "lambda", crate, "bootstrap.zip"))) {
        throw new StackError(`the function ${crate} is not built; build it with: just build`);
      }
    }
    fs.rmSync(this.outputsFile, { force: true });
    const region = readConfig("local")["aws:region"] ?? "us-east-1";
    report(`Starting the emulator at port ${port}`);
    const emulator = launch(port, region, this.folder);
    fs.writeFileSync(this.emulatorFile, JSON.stringify(emulator));
    try {
      await untilReady(emulator);
      let resources = 0;
      const outputs = await deploy({ endpoint: emulator.endpoint, region }, (type, name) => {
        resources += 1;
        report(`  + ${type.split("/")[0]?.padEnd(14)} ${type.split(":").at(-1)?.padEnd(40)} ${name}`);
      });
      report(`Deployed ${resources} resources`);
      fs.writeFileSync(this.outputsFile, `${JSON.stringify(outputs, null, 2)}\n`);
      return outputs;
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  /** Stops the emulator and all that it started. Says whether one ran. */
  async down(): Promise<boolean> {
    const emulator = this.running();
    if (emulator) {
      await stop(emulator);
    }
    fs.rmSync(this.emulatorFile, { force: true });
    fs.rmSync(this.outputsFile, { force: true });
    fs.rmSync(path.join(this.folder, "tmp"), { recursive: true, force: true });
    return emulator !== undefined;
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
