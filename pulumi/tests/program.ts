/** Runs the program on mocks and records what it registers. */
import { setTimeout as sleep } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { type RunOptions, readConfig, runProgram } from "../local/program";

export interface Registered {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read inputs of every shape
  readonly inputs: any;
  readonly options: Options;
}

/** The options that decide when a resource is deleted. */
export interface Options {
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly replacementTrigger: unknown;
  /** The resources that each input depends on. */
  readonly dependencies: Record<string, string[]>;
  /** All resources that it depends on. */
  readonly dependsOn: string[];
}

export interface Program {
  readonly resources: Registered[];
  readonly outputs: Record<string, unknown>;
  /** The only resource of a type, or the one with this name. */
  one(type: string, name?: string): Registered;
  all(type: string): Registered[];
}

export const POLICY = "aws:iam/rolePolicy:RolePolicy";

/**
 * What others must wait for without using its outputs, and for how long. It is slow here, so a resource that does not
 * wait comes first.
 */
const SLOW_MS: Record<string, number> = {
  [POLICY]: 100,
  "aws:apigateway/account:Account": 100,
  "aws:apigateway/integrationResponse:IntegrationResponse": 100,
  "aws:apigateway/response:Response": 100,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": 100,
  // Longer than all that the stage waits for otherwise.
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": 300,
};

const typeAndName = (urn: string) => urn.replace(/.*[:$](aws:.*)::/, "$1 ");

function optionsOf(request: RegisterResourceRequest): Options {
  return {
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
    dependencies: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([input, on]) => [
        input,
        on.getUrnsList().map(typeAndName),
      ]),
    ),
    dependsOn: request.getDependenciesList().map(typeAndName),
  };
}

/** Everything that is off by default. */
export const ALL_ON = {
  alarmEmail: "ann@likes.example",
  alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:pager",
  monthlyBudgetUsd: "10",
  tracingPercent: "5",
  otlpEndpoint: "http://localhost:4318",
  collectorLayerArn: "arn:aws:lambda:eu-west-1:901920570463:layer:aws-otel-collector-arm64-ver-0-117-0:1",
  collectorConfigUri: "https://likes.example/collector.yaml",
  updateReservedConcurrency: "5",
  wafRequestsPer5Minutes: "500",
};

/** A fake ARN: the resource's type and name. */
export const arn = (type: string, name: string) => `arn:${type}:${name}`;

/** A group of regions with ARNs and host names of their own. */
interface Partition {
  readonly partition: string;
  readonly dnsSuffix: string;
}

const COMMERCIAL: Partition = { partition: "aws", dnsSuffix: "amazonaws.com" };

/** A preview is that of an empty stack: no output is known. */
export interface ProgramOptions extends RunOptions {
  readonly where?: Partition;
  /** The types whose resources have other identifiers than usual, as after a replacement. */
  readonly isReplaced?: (type: string) => boolean;
}

/** Runs the program with a stack's configuration, changed by `overrides`; keys are those of the project. */
export async function program(
  stack = "dev",
  overrides: Record<string, string> = {},
  { where = COMMERCIAL, isReplaced = () => false, preview, onRegister }: ProgramOptions = {},
): Promise<Program> {
  const resources: Registered[] = [];
  /** The options of each resource, by type and name: the mocks are given none. */
  const options = new Map<string, Options>();
  const mocks: pulumi.runtime.Mocks = {
    call: () => ({ accountId: "123456789012", region: "eu-west-1", ...where }),
    newResource: async ({ type, name, inputs, custom }) => {
      const registered = options.get(`${type} ${name}`);
      await sleep(preview ? 0 : (SLOW_MS[type] ?? 0));
      if (custom && registered) {
        resources.push({ type, name, inputs, options: registered });
      }
      if (preview) {
        return { id: undefined, state: inputs };
      }
      const own = isReplaced(type) ? `${name}-replaced` : name;
      const names = { domainName: `${own}.cloudfront.net`, bucketRegionalDomainName: `${own}.s3` };
      const outputs = {
        name: own,
        arn: arn(type.replace(/^aws/, where.partition), own),
        url: `https://${own}`,
        bucket: own,
        ...names,
      };
      const invoke = {
        invokeArn: `invoke:${own}`,
        invokeUrl: "https://api/v1",
        executionArn: "execute-api",
        uuid: `${own}-uuid`,
      };
      return { id: `${own}-id`, state: { ...outputs, ...invoke, rootResourceId: "root", ...inputs } };
    },
  };
  const named = Object.entries(overrides).map(([key, value]) => [`likestream:${key}`, value]);
  const config = { ...readConfig(stack), ...Object.fromEntries(named) };
  const outputs = await runProgram(mocks, stack, config, {
    preview,
    onRegister: (request) => {
      options.set(`${request.getType()} ${request.getName()}`, optionsOf(request));
      onRegister?.(request);
    },
  });
  const all = (type: string) => resources.filter((resource) => resource.type === type);
  const one = (type: string, name?: string) => {
    const found = all(type).filter((resource) => name === undefined || resource.name === name);
    const [resource] = found;
    if (!resource || found.length > 1) {
      throw new Error(`there are ${found.length} of ${type} ${name ?? ""}`);
    }
    return resource;
  };
  return { resources, outputs, all, one };
}
