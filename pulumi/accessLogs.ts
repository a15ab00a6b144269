import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { OWN_NAMESPACE } from "./metrics";
import { trust } from "./policy";

export interface AccessLogsArgs {
  readonly retentionDays: number;
  /** Whether to set the role that API Gateway writes logs with: an account has one per region. */
  readonly setAccountRole: boolean;
  readonly partition: pulumi.Input<string>;
}

/** The API's access logs, the number of throttled requests in them, and the account-wide role that API Gateway needs to write them. */
export class AccessLogs extends pulumi.ComponentResource {
  readonly logGroupArn: pulumi.Output<string>;
  /** The resources that a stage with access logs depends on. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: AccessLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:AccessLogs", name, {}, opts);
    const inside = { parent: this };
    const logs = new aws.cloudwatch.LogGroup(name, { retentionInDays: args.retentionDays }, inside);
    this.logGroupArn = logs.arn;
    // API Gateway counts 429 among all 4XXError, with what clients do wrong. AWS WAF's blocks are another response type.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    new aws.cloudwatch.LogMetricFilter(
      name,
      {
        logGroupName: logs.name,
        pattern: '{ $.responseType = "THROTTLED" }',
        metricTransformation: {
          namespace: OWN_NAMESPACE,
          name: "Throttled",
          value: "1",
          unit: "Count",
          dimensions: { ApiId: "$.apiId" },
        },
      },
      inside,
    );
    this.ready = [];
    if (args.setAccountRole) {
      // They outlive the stack, because every other API of the region logs with them too: the provider resets the
      // account's role on deletion (https://github.com/hashicorp/terraform-provider-aws/pull/42226).
      const retained = { ...inside, retainOnDelete: true };
      const role = new aws.iam.Role(name, { assumeRolePolicy: trust("apigateway.amazonaws.com") }, retained);
      // API Gateway requires this managed policy: it checks that the role may write to every log group.
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
      const policy = new aws.iam.RolePolicyAttachment(
        name,
        {
          role: role.name,
          policyArn: pulumi.interpolate`arn:${args.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs`,
        },
        retained,
      );
      this.ready.push(
        new aws.apigateway.Account(
          name,
          { cloudwatchRoleArn: role.arn },
          { ...retained, dependsOn: [policy] },
        ),
      );
    }
    this.registerOutputs({ logGroupArn: this.logGroupArn });
  }
}
