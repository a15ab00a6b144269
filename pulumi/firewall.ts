import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface FirewallArgs {
  readonly stageArn: pulumi.Input<string>;
  /** How many requests in five minutes AWS WAF lets through from one IP address. */
  readonly requestsPer5Minutes: number;
}

/** A web ACL in front of the API that blocks an IP address while it sends too many requests. */
export class Firewall extends pulumi.ComponentResource {
  constructor(name: string, args: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super("likestream:index:Firewall", name, {}, opts);
    const inside = { parent: this };
    const visible = (metricName: string) => ({
      cloudwatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
      metricName,
    });
    const acl = new aws.wafv2.WebAcl(
      name,
      {
        description: "Limits the requests of an IP address to Likestream's API",
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        rules: [
          {
            name: "rate",
            priority: 0,
            // API Gateway answers with its gateway response WAF_FILTERED.
            action: { block: {} },
            // https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
            statement: {
              rateBasedStatement: {
                aggregateKeyType: "IP",
                evaluationWindowSec: 300,
                limit: args.requestsPer5Minutes,
              },
            },
            visibilityConfig: visible("rate"),
          },
        ],
        visibilityConfig: visible(name),
      },
      inside,
    );
    new aws.wafv2.WebAclAssociation(name, { resourceArn: args.stageArn, webAclArn: acl.arn }, inside);
    this.registerOutputs({});
  }
}
