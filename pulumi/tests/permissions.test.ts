import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ALL_ON, arn, POLICY, type Program, program } from "./program";

const stream = arn("aws:kinesis/stream:Stream", "likes");
const counts = arn("aws:dynamodb/table:Table", "likes-counts");
const ledger = arn("aws:dynamodb/table:Table", "likes-ledger");
const quarantine = arn("aws:sqs/queue:Queue", "likes-quarantine");
const bucket = arn("aws:s3/bucket:Bucket", "likes-archive");
const logGroup = (name: string) => arn("aws:cloudwatch/logGroup:LogGroup", name);

/** What every function may do in addition to its job: write its own logs. */
const logging = (name: string) => ({
  "logs:CreateLogStream": [`${logGroup(name)}:*`],
  "logs:PutLogEvents": [`${logGroup(name)}:*`],
});

/** Everything that the functions and Firehose need, by action. A grant that is not listed fails the test. */
const NEEDED: Record<string, Record<string, string[]>> = {
  "likes-ingest": { "kinesis:PutRecord": [stream], ...logging("likes-ingest") },
  "likes-get": { "dynamodb:BatchGetItem": [counts], ...logging("likes-get") },
  "likes-update": {
    "kinesis:DescribeStream": [stream],
    "kinesis:DescribeStreamSummary": [stream],
    "kinesis:GetRecords": [stream],
    "kinesis:GetShardIterator": [stream],
    "kinesis:ListShards": [stream],
    "dynamodb:BatchGetItem": [ledger, counts],
    "dynamodb:DeleteItem": [counts],
    "dynamodb:PutItem": [ledger],
    "dynamodb:UpdateItem": [counts],
    "sqs:SendMessage": [quarantine],
    ...logging("likes-update"),
  },
  "likes-delivery": {
    "kinesis:DescribeStream": [stream],
    "kinesis:GetRecords": [stream],
    "kinesis:GetShardIterator": [stream],
    "kinesis:ListShards": [stream],
    "s3:GetBucketLocation": [bucket],
    "s3:ListBucket": [bucket],
    "s3:ListBucketMultipartUploads": [bucket],
    "s3:AbortMultipartUpload": [`${bucket}/*`],
    "s3:GetObject": [`${bucket}/*`],
    "s3:PutObject": [`${bucket}/*`],
    "logs:PutLogEvents": [`${logGroup("likes-delivery")}:log-stream:likes-delivery`],
  },
};

interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
}

/** The resources that a policy allows, by action. */
function grants(policy: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const statement of JSON.parse(policy).Statement as Statement[]) {
    assert.equal(statement.Effect, "Allow");
    for (const action of statement.Action) {
      found[action] = [...(found[action] ?? []), ...statement.Resource];
    }
  }
  return found;
}

let dev: Program;
before(async () => {
  dev = await program();
});

test("each role is granted what its job needs and nothing else", () => {
  const found = dev.all(POLICY).map(({ name, inputs }) => [name, grants(inputs.policy)]);
  assert.deepEqual(Object.fromEntries(found), NEEDED);
});

test("only the functions behind a traced API, and those with a collector in a layer, may write traces", async () => {
  const writing = async (config: Record<string, string>) =>
    (await program("dev", { tracingPercent: "5", ...config }))
      .all(POLICY)
      .filter(({ inputs }) => "xray:PutTraceSegments" in grants(inputs.policy))
      .map(({ name }) => name)
      .sort();
  assert.deepEqual(await writing({}), ["likes-get", "likes-ingest"]);
  const { otlpEndpoint, collectorLayerArn } = ALL_ON;
  assert.deepEqual(await writing({ otlpEndpoint }), ["likes-get", "likes-ingest"]);
  assert.deepEqual(await writing({ otlpEndpoint, collectorLayerArn }), [
    "likes-get",
    "likes-ingest",
    "likes-update",
  ]);
});

test("each policy belongs to a different role", () => {
  for (const { name, inputs } of dev.all(POLICY)) {
    assert.equal(inputs.role, name);
  }
  const roles = dev.all("aws:lambda/function:Function").map(({ inputs }) => inputs.role);
  assert.ok(roles.length >= 3);
  assert.equal(new Set(roles).size, roles.length);
});

test("the only managed policy is the one that API Gateway requires", () => {
  const attached = dev.all("aws:iam/rolePolicyAttachment:RolePolicyAttachment").map(({ inputs }) => inputs);
  assert.deepEqual(attached, [
    {
      role: "likes-access",
      policyArn: "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    },
  ]);
});

test("each role can be assumed only by its own service", () => {
  const services = dev.all("aws:iam/role:Role").map(({ name, inputs }) => {
    const { Statement } = JSON.parse(inputs.assumeRolePolicy);
    assert.equal(Statement.length, 1);
    return [name, Statement[0].Principal];
  });
  assert.deepEqual(Object.fromEntries(services), {
    "likes-access": { Service: "apigateway.amazonaws.com" },
    "likes-delivery": { Service: "firehose.amazonaws.com" },
    "likes-get": { Service: "lambda.amazonaws.com" },
    "likes-ingest": { Service: "lambda.amazonaws.com" },
    "likes-update": { Service: "lambda.amazonaws.com" },
  });
});

test("Firehose can assume its role only for this account", () => {
  const { inputs } = dev.one("aws:iam/role:Role", "likes-delivery");
  assert.deepEqual(JSON.parse(inputs.assumeRolePolicy).Statement[0].Condition, {
    StringEquals: { "sts:ExternalId": "123456789012" },
  });
});

test("API Gateway may invoke each function only for its own method and path", () => {
  const allowed = dev
    .all("aws:lambda/permission:Permission")
    .map(({ inputs }) => [inputs.function, inputs.sourceArn]);
  assert.deepEqual(Object.fromEntries(allowed), {
    "likes-get": "execute-api/v1/GET/likes",
    "likes-ingest": "execute-api/v1/POST/likes",
  });
});
