import * as path from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Collector, exporting } from "./collector";
import { allow, type Grant, trust } from "./policy";

export interface RustFunctionArgs {
  /** The handler's crate, which names the output of `cargo lambda build`. */
  readonly crate: string;
  readonly architecture: "arm64" | "x86_64";
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly environment: Record<string, pulumi.Input<string>>;
  /** Whether the function adds to the traces of its caller. */
  readonly traced: boolean;
  /** The collector that it sends its spans to; none if undefined. */
  readonly collector?: Collector | undefined;
  /** The concurrency set aside for this function, which is also its limit; none if undefined. */
  readonly reservedConcurrency?: number;
  /** What the function may do, in addition to writing its logs and traces. */
  readonly grants: readonly Grant[];
  readonly logRetentionDays: number;
}

/** X-Ray has no ARN for a trace: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html */
const WRITE_TRACES: Grant = {
  actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
  resources: ["*"],
};

/** What a collector in a layer may need besides the function's own memory. */
const COLLECTOR_MEGABYTES = 256;

/** The Lambda function of a handler, with its own role and log group. */
export class RustFunction extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly invokeArn: pulumi.Output<string>;

  constructor(name: string, args: RustFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:RustFunction", name, {}, opts);
    const inside = { parent: this };
    const { collector } = args;
    const layerArn = collector?.layerArn;
    const logs = new aws.cloudwatch.LogGroup(name, { retentionInDays: args.logRetentionDays }, inside);
    const role = new aws.iam.Role(name, { assumeRolePolicy: trust("lambda.amazonaws.com") }, inside);
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: allow(
          ...args.grants,
          {
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: [pulumi.interpolate`${logs.arn}:*`],
          },
          // By default, a collector in a layer writes to X-Ray.
          ...(args.traced || layerArn ? [WRITE_TRACES] : []),
        ),
      },
      inside,
    );
    const lambda = new aws.lambda.Function(
      name,
      {
        runtime: "provided.al2023",
        handler: "bootstrap",
        architectures: [args.architecture],
        // cargo-lambda's zip, since Pulumi's zip of a folder would not keep bootstrap executable.
        code: new pulumi.asset.FileArchive(
          path.join(__dirname, "..", "target", "lambda", args.crate, "bootstrap.zip"),
        ),
        role: role.arn,
        memorySize: args.memoryMegabytes + (layerArn ? COLLECTOR_MEGABYTES : 0),
        timeout: args.timeoutSeconds,
        environment: { variables: { ...args.environment, ...(collector && exporting(collector)) } },
        layers: layerArn ? [layerArn] : undefined,
        loggingConfig: { logFormat: "JSON", logGroup: logs.name },
        // PassThrough traces nothing, even if a client asks for it in a header:
        // https://aws.amazon.com/blogs/compute/streamlining-trace-sampling-behavior-for-aws-lambda-functions-with-aws-x-ray/
        tracingConfig: { mode: args.traced ? "Active" : "PassThrough" },
        reservedConcurrentExecutions: args.reservedConcurrency,
      },
      // Users of the function must wait for its permissions: Lambda rejects a mapping without them.
      { ...inside, dependsOn: [policy] },
    );
    this.name = lambda.name;
    this.arn = lambda.arn;
    this.invokeArn = lambda.invokeArn;
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}
