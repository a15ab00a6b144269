/** Shorthand for IAM policy documents. */
import * as pulumi from "@pulumi/pulumi";

/** Actions by name, on resources by ARN. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

/** A policy with these statements. */
export function policy(...statements: pulumi.Input<object>[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

/** A policy that allows the grants and nothing else. */
export function allow(...grants: Grant[]): pulumi.Output<string> {
  return policy(
    ...grants.map(({ actions, resources }) => ({ Effect: "Allow", Action: actions, Resource: resources })),
  );
}

/**
 * A trust policy for an AWS service whose principal has the same name in every partition; with an external ID, the
 * service must send that ID.
 */
export function trust(service: string, externalId?: pulumi.Input<string>): pulumi.Output<string> {
  return policy({
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sts:AssumeRole",
    ...(externalId && { Condition: { StringEquals: { "sts:ExternalId": externalId } } }),
  });
}

/** A statement that denies access without TLS. */
export function tlsOnly(action: string, ...resources: pulumi.Input<string>[]): object {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: action,
    Resource: resources,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
