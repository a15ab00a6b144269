/**
 * What the emulator cannot represent: by the type of the resource and the input, with the reason why it is left
 * out. `policy[Sid]` is the statement of that name in a policy.
 */
export const UNREPRESENTED: Record<string, Record<string, string>> = {
  "aws:apigateway/deployment:Deployment": {
    triggers: "says when to deploy again; the local stack is deployed once",
  },
  "aws:athena/workgroup:Workgroup": {
    forceDestroy: "says how the workgroup is deleted; the emulator's state is dropped as a whole",
  },
  "aws:kms/key:Key": {
    deletionWindowInDays: "says how the key is deleted; the emulator's state is dropped as a whole",
  },
  "aws:s3/bucket:Bucket": {
    forceDestroy: "says how the bucket is deleted; the emulator's state is dropped as a whole",
  },
  "aws:s3/bucketPolicy:BucketPolicy": {
    "policy[TlsOnly]": "denies what comes without TLS, as everything does on the loopback interface",
  },
  "aws:sqs/queuePolicy:QueuePolicy": {
    "policy[TlsOnly]": "denies what comes without TLS, as everything does on the loopback interface",
  },
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

/** A policy without the statement of this name; undefined when that was all it said. */
function withoutStatement(policy: string, sid: string): string | undefined {
  const document: { Statement: { Sid?: string }[] } = JSON.parse(policy);
  const Statement = document.Statement.filter((statement) => statement.Sid !== sid);
  return Statement.length > 0 ? JSON.stringify({ ...document, Statement }) : undefined;
}
