import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface TracingArgs {
  readonly restApiId: pulumi.Input<string>;
  readonly stageArn: pulumi.Input<string>;
  /** How many of a hundred requests are traced. */
  readonly percent: number;
}

/**
 * The rate at which X-Ray traces the API's requests. Without a rule of its own, the stage follows the account's default
 * rule, which adds the first request of each second to its rate:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-configuring-xray-sampling-rules.html
 */
export class Tracing extends pulumi.ComponentResource {
  constructor(name: string, args: TracingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Tracing", name, {}, opts);
    new aws.xray.SamplingRule(
      name,
      {
        // Unique in the account and region, and at most 32 characters, unlike the stack's name.
        ruleName: pulumi.interpolate`likes-${args.restApiId}`,
        // Any priority is before the default rule's.
        priority: 1000,
        reservoirSize: 0,
        fixedRate: args.percent / 100,
        resourceArn: args.stageArn,
        serviceType: "AWS::ApiGateway::Stage",
        serviceName: "*",
        host: "*",
        httpMethod: "*",
        urlPath: "*",
        version: 1,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
