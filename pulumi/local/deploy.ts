/** Deploys the program on the emulator by creating each resource that it registers. */
import type * as pulumi from "@pulumi/pulumi";
import { ACCOUNT_ID, connect, type Site } from "./clients";
import { InputError, Inputs } from "./inputs";
import { readConfig, runProgram } from "./program";
import type { Created, Deliver, Mapping, Target } from "./resource";
import { CREATORS } from "./resources";
import { representable, UNREPRESENTED_TYPES } from "./unrepresented";

type Create = (target: Target) => Promise<Created>;

/** A resource could not be created. */
export class DeployError extends Error {}

/** This machine's architecture, by Lambda's name. */
export function hostArchitecture(): string {
  return process.arch === "x64" ? "x86_64" : process.arch;
}

/**
 * Deploys the program on an empty emulator.
 *
 * @param websiteUrl is where the website will be served.
 * @param otlpEndpoint is the collector that gets the traces of all likes, if any.
 * @param deliver starts a delivery stream; it is not called any more once the deployment has failed.
 * @param report is called for each resource once it is created.
 * @returns the stack's outputs and its event source mappings.
 * @throws DeployError naming the first resource that could not be created, and why.
 */
export async function deploy(
  site: Site,
  websiteUrl: string,
  otlpEndpoint: string | undefined,
  deliver: Deliver,
  report: (type: string, name: string) => void,
): Promise<{ outputs: Record<string, unknown>; mappings: Mapping[] }> {
  const config = {
    ...readConfig("local"),
    "aws:region": site.region,
    "likestream:architecture": hostArchitecture(),
    "likestream:websiteUrl": websiteUrl,
    // The emulator stands in for X-Ray, and samples every request.
    ...(otlpEndpoint && {
      "likestream:otlpEndpoint": otlpEndpoint,
      "likestream:tracingPercent": "100",
    }),
  };
  let failed = false;
  const target: Target = {
    ...connect(site),
    site,
    mappings: [],
    // A process that starts after a failure would outlive the stack.
    deliver: (delivery) => (failed ? new Promise(() => {}) : deliver(delivery)),
  };
  const outputs = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const mocks: pulumi.runtime.Mocks = {
      call: ({ token }) => callFunction(token, site),
      newResource: async ({ type, name, inputs, custom }) => {
        if (!custom) {
          return { id: "", state: inputs };
        }
        try {
          const { id, outputs } = await create(type, name, inputs)(target);
          report(type, name);
          return { id, state: { ...inputs, ...outputs } };
        } catch (error) {
          failed = true;
          reject(new DeployError(`${type} ${name}: ${(error as Error).message}`));
          // Resources that depend on this one must never continue.
          return new Promise(() => {});
        }
      },
    };
    runProgram(mocks, "local", config).then(resolve, reject);
  });
  return {
    outputs: localOutputs(outputs, site),
    mappings: target.mappings,
  };
}

/** The program's outputs and how to reach the emulator, which has no console. */
export function localOutputs(outputs: Record<string, unknown>, site: Site): Record<string, unknown> {
  return { ...outputs, dashboardUrl: undefined, endpointUrl: site.endpoint, ...site.credentials };
}

/** Reads a resource's inputs and returns the function that creates it. */
export function create(type: string, name: string, values: Record<string, unknown>): Create {
  if (type in UNREPRESENTED_TYPES) {
    return async () => ({ id: name });
  }
  const creator = CREATORS[type];
  if (!creator) {
    throw new InputError("the local stack does not support this resource type");
  }
  const inputs = new Inputs(representable(type, values));
  const run = creator(name, inputs);
  inputs.finish();
  return run;
}

/** Emulates the provider functions that the program calls. */
function callFunction(token: string, site: Site): Record<string, unknown> {
  switch (token) {
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: ACCOUNT_ID };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", dnsSuffix: "amazonaws.com" };
    case "aws:index/getRegion:getRegion":
      return { region: site.region };
    default:
      throw new DeployError(`the local stack does not support the function ${token}`);
  }
}
