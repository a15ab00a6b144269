/**
 * What the emulator cannot represent, by resource type and input, with the reason for leaving it out. `policy[Sid]` is
 * the policy statement with that ID.
 */
export const UNREPRESENTED: Record<string, Record<string, string>> = {
  "aws:apigateway/deployment:Deployment": {
    triggers: "decides when to redeploy; the local stack is deployed once",
  },
  "aws:athena/workgroup:Workgroup": {
    forceDestroy: "affects only deletion; the emulator's state is dropped as a whole",
  },
  "aws:kms/key:Key": {
    deletionWindowInDays: "affects only deletion; the emulator's state is dropped as a whole",
  },
  "aws:lambda/function:Function": {
    layers: "are in somebody else's account; on the local stack, a collector is a process of its own",
  },
  "aws:lambda/eventSourceMapping:EventSourceMapping": {
    metricsConfig: "enables metrics of Lambda's own mapping; the local stack's process always has them",
  },
  "aws:s3/bucket:Bucket": {
    forceDestroy: "affects only deletion; the emulator's state is dropped as a whole",
  },
  "aws:s3/bucketPolicy:BucketPolicy": {
    "policy[TlsOnly]":
      "denies requests without TLS, and the local stack serves the loopback interface without TLS",
  },
  "aws:sqs/queuePolicy:QueuePolicy": {
    "policy[TlsOnly]":
      "denies requests without TLS, and the local stack serves the loopback interface without TLS",
  },
};

/** Resource types that the emulator does not know, with the reason why the stack works without them. */
export const UNREPRESENTED_TYPES: Record<string, string> = {
  "aws:xray/samplingRule:SamplingRule":
    "decides how many requests X-Ray traces, and the emulator has no X-Ray",
};

/** A resource's inputs without what the emulator cannot represent. */
export function representable(type: string, values: Record<string, unknown>): Record<string, unknown> {
  const left = { ...values };
  for (const path of Object.keys(UNREPRESENTED[type] ?? {})) {
    const [, input = path, sid] = /^(\w+)\[(\w+)\]$/.exec(path) ?? [];
    left[input] = sid === undefined ? undefined : withoutStatement(left[input] as string, sid);
  }
  return left;
}

/** A policy without the statement with this ID; undefined if no statement is left. */
function withoutStatement(policy: string, sid: string): string | undefined {
  const document: { Statement: { Sid?: string }[] } = JSON.parse(policy);
  const Statement = document.Statement.filter((statement) => statement.Sid !== sid);
  return Statement.length > 0 ? JSON.stringify({ ...document, Statement }) : undefined;
}
