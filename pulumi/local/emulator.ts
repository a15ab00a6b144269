/** The emulator, and what can be put before it: a proxy that makes its answers go wrong, and one for the website. */
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { CREDENTIALS } from "./clients";
import { launch, type Server } from "./detached";

const PYTHON = path.join(__dirname, "..", "..", ".venv", "bin", "python");

const CREDENTIALS_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};

/** Launches MiniStack without any resource, with IAM enforced, whose functions call AWS at `endpoint`. */
export function launchEmulator(port: number, region: string, folder: string, endpoint?: string): Server {
  return launch({
    name: "ministack",
    command: [PYTHON, "-m", "ministack"],
    port,
    health: "/_ministack/health",
    folder,
    environment: {
      ...CREDENTIALS_ENVIRONMENT,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: region,
      // Each handler may do only what its role's policy says.
      AUTH: "true",
      AWS_ENDPOINT_URL: endpoint || `http://127.0.0.1:${port}`,
    },
  });
}

/**
 * Launches microburst, whose rules say what goes wrong; it has none yet.
 *
 * It signs what it passes on with the emulator's root credentials, since the handlers sign for the proxy's address.
 */
export function launchFaultProxy(port: number, upstream: string, folder: string): Server {
  return launch({
    name: "microburst",
    command: [
      PYTHON,
      "-m",
      "microburst",
      ...["--upstream", upstream, "--host", "127.0.0.1", "--port", String(port), "--resign"],
    ],
    port,
    health: "/_microburst/health",
    folder,
    environment: CREDENTIALS_ENVIRONMENT,
  });
}

/** Launches what serves the website of a CloudFront distribution of the emulator's, which is found by its host. */
export function launchWebsite(port: number, upstream: string, host: string, folder: string): Server {
  const loader = pathToFileURL(require.resolve("tsx")).href;
  const program = path.join(__dirname, "websiteServer.ts");
  return launch({
    name: "website",
    command: [process.execPath, "--import", loader, program, String(port), upstream, host],
    port,
    health: "/",
    folder,
    environment: {},
  });
}
