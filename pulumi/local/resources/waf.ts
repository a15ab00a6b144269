import type { RateBasedStatementAggregateKeyType, Scope } from "@aws-sdk/client-wafv2";
import type { Inputs } from "../inputs";
import type { Creators } from "../resource";

/** An action without settings. */
const bare = (inputs: Inputs, name: string) => inputs.object(name, () => ({}));

const visibility = (inputs: Inputs) => ({
  CloudWatchMetricsEnabled: inputs.boolean("cloudwatchMetricsEnabled"),
  SampledRequestsEnabled: inputs.boolean("sampledRequestsEnabled"),
  MetricName: inputs.string("metricName"),
});

export const waf: Creators = {
  // The emulator stores the ACL, and lets every request through.
  "aws:wafv2/webAcl:WebAcl": (Name, inputs) => {
    const acl = {
      Description: inputs.string("description"),
      Scope: inputs.string("scope") as Scope,
      DefaultAction: inputs.object("defaultAction", (action) => ({ Allow: bare(action, "allow") })),
      Rules: inputs.list("rules", (rule) => ({
        Name: rule.string("name"),
        Priority: rule.number("priority"),
        Action: rule.object("action", (action) => ({ Block: bare(action, "block") })),
        Statement: rule.object("statement", (statement) => ({
          RateBasedStatement: statement.object("rateBasedStatement", (rate) => ({
            AggregateKeyType: rate.string("aggregateKeyType") as RateBasedStatementAggregateKeyType,
            EvaluationWindowSec: rate.number("evaluationWindowSec"),
            Limit: rate.number("limit"),
          })),
        })),
        VisibilityConfig: rule.object("visibilityConfig", visibility),
      })),
      VisibilityConfig: inputs.object("visibilityConfig", visibility),
    };
    return async ({ waf }) => {
      const { Summary } = await waf.createWebACL({ Name, ...acl });
      return { id: Summary?.Id ?? "", outputs: { name: Name, arn: Summary?.ARN } };
    };
  },
  "aws:wafv2/webAclAssociation:WebAclAssociation": (_name, inputs) => {
    const association = {
      ResourceArn: inputs.string("resourceArn"),
      WebACLArn: inputs.string("webAclArn"),
    };
    return async ({ waf }) => {
      await waf.associateWebACL(association);
      return { id: `${association.WebACLArn},${association.ResourceArn}` };
    };
  },
};
