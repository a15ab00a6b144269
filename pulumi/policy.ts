/** IAM policy documents, as short as they can be said. */
import * as pulumi from "@pulumi/pulumi";

/** Actions by their names, on resources by their ARNs. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly pulumi.Input<string>[];
}

/** A policy of these statements. */
export function policy(...statements: pulumi.Input<object>[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

/** A policy that allows what is granted and nothing else. */
export function allow(...grants: Grant[]): pulumi.Output<string> {
  return policy(
    ...grants.map(({ actions, resources }) => ({ Effect: "Allow", Action: actions, Resource: resources })),
  );
}

/** The policy by which an AWS service may take a role on; with an external id, only if it says that id. */
export function trust(service: string, externalId?: pulumi.Input<string>): pulumi.Output<string> {
  return policy({
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sts:AssumeRole",
    ...(externalId && { Condition: { StringEquals: { "sts:ExternalId": externalId } } }),
  });
}

/** The statement by which a resource may be reached over TLS only. */
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
