/** Where a local stack listens. */
import { freePort, isFree } from "./detached";
import { StackError } from "./stackError";

export interface Ports {
  readonly emulator: number;
  readonly website: number;
}

const EMULATOR_PORT = 4566;

/** Fixed where possible, since a browser stores likes by the page's address. */
const WEBSITE_PORT = 4580;

/**
 * The ports that the environment sets, or the defaults.
 *
 * @throws StackError if a variable does not hold a port, or both hold the same one.
 */
export async function chosenPorts(environment = process.env): Promise<Ports> {
  const emulator = portOf("LIKES_PORT", environment) ?? EMULATOR_PORT;
  const website = portOf("LIKES_WEBSITE_PORT", environment) ?? (await websitePort(emulator));
  if (emulator === website) {
    throw new StackError(`LIKES_WEBSITE_PORT must differ from LIKES_PORT, which is ${emulator}`);
  }
  return { emulator, website };
}

export async function freePorts(): Promise<Ports> {
  return { emulator: await freePort(), website: await freePort() };
}

async function websitePort(emulator: number): Promise<number> {
  return emulator !== WEBSITE_PORT && (await isFree(WEBSITE_PORT)) ? WEBSITE_PORT : freePort();
}

function portOf(variable: string, environment: NodeJS.ProcessEnv): number | undefined {
  const value = environment[variable];
  if (!value) {
    return undefined;
  }
  const port = Number(value);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StackError(`${variable} must be a port number from 1 to 65535; it is ${value}`);
  }
  return port;
}
