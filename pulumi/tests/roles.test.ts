/** The roles of the workflow, in .github/aws.yaml: who may assume them, and what they may do. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { ALL_ON, type Program, program } from "./program";

const GITHUB = path.join(__dirname, "..", "..", ".github");

// CloudFormation's tags are left out: `!Ref State` reads as "State".
const read = (file: string) => parse(fs.readFileSync(path.join(GITHUB, file), "utf8"), { logLevel: "error" });
const { Preview, Deploy } = read("aws.yaml").Resources;

interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
}

const statements = (role: typeof Preview): Statement[] =>
  role.Properties.Policies.flatMap((policy: typeof Preview) => policy.PolicyDocument.Statement);
const actions = (role: typeof Preview) => statements(role).flatMap(({ Action }) => Action);

/** IAM's name of a service, where it is not that of Pulumi's module. */
const SERVICES: Record<string, string> = {
  "aws:cloudwatch/logGroup:LogGroup": "logs",
  "aws:cloudwatch/logStream:LogStream": "logs",
  "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": "firehose",
};

let full: Program;
before(async () => {
  full = await program("dev", ALL_ON);
});

test("each role can be assumed only from its environment", () => {
  const { preview, deploy } = read("workflows/ci.yml").jobs;
  for (const [role, job] of [
    [Preview, preview],
    [Deploy, deploy],
  ]) {
    const [statement, ...more] = role.Properties.AssumeRolePolicyDocument.Statement;
    assert.deepEqual(more, []);
    assert.equal(statement.Action, "sts:AssumeRoleWithWebIdentity");
    assert.deepEqual(statement.Condition, {
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": `\${SubjectPrefix}:environment:${job.environment}`,
      },
    });
  }
});

test("the role that previews may read the state, and nothing else", () => {
  assert.deepEqual(actions(Preview), ["s3:ListBucket", "s3:GetObject", "kms:Decrypt"]);
});

test("the role that deploys has actions of every service that the program uses", () => {
  const allowed = new Set(actions(Deploy).map((action) => action.split(":")[0]));
  for (const { type } of full.resources) {
    const service = SERVICES[type] ?? type.split(/[:/]/)[1] ?? "";
    assert.ok(allowed.has(service), `${type}: .github/aws.yaml allows no action of ${service}`);
  }
});

test("the role that deploys may ask what the functions' roles may do, as the end-to-end tests do", () => {
  assert.ok(actions(Deploy).includes("iam:SimulatePrincipalPolicy"));
});

test("the role that deploys may give a function a layer of another account", () => {
  assert.ok(full.all("aws:lambda/function:Function").some(({ inputs }) => inputs.layers));
  assert.ok(actions(Deploy).includes("lambda:GetLayerVersion"));
});

test("what the program creates has the names that the role allows", () => {
  for (const { type, name } of full.resources) {
    assert.match(name, /^likes(-|$)/, type);
  }
  assert.match(full.one("aws:glue/catalogDatabase:CatalogDatabase").inputs.name, /^likes_/);
  const named = statements(Deploy).flatMap(({ Resource }) => Resource);
  const wider = named.filter((arn) => !/likes[-_]\*$/.test(arn));
  assert.deepEqual(
    wider.map((arn) => arn.replaceAll(/\$\{(AWS::)?([^}]+)\}/g, "$2")),
    [
      "State.Arn",
      "State.Arn/*",
      "Secrets.Arn",
      "arn:Partition:glue:Region:AccountId:catalog",
      "arn:Partition:lambda:Region:AccountId:event-source-mapping:*",
      "*",
      "*",
      "*",
      "arn:Partition:kms:Region:AccountId:key/*",
    ],
  );
});
