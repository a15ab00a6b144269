/** The program fits every partition: ARNs and host names are the partition's own. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Program, program } from "./program";

let china: Program;
before(async () => {
  const where = { partition: "aws-cn", dnsSuffix: "amazonaws.com.cn" };
  china = await program("dev", { alarmEmail: "ann@likes.example" }, { where });
});

/** Every string among the inputs and the outputs. */
const texts = () => JSON.stringify([china.resources.map(({ inputs }) => inputs), china.outputs]);

test("every ARN is in the stack's partition", () => {
  const partitions = new Set([...texts().matchAll(/\barn:(aws[\w-]*):/g)].map(([, partition]) => partition));
  assert.deepEqual([...partitions], ["aws-cn"]);
});

test("every host name is in the stack's partition, and service principals are the same everywhere", () => {
  const elsewhere = new Set([...texts().matchAll(/[\w.-]*amazonaws\.com(?!\.cn)/g)].map(([name]) => name));
  // https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/region-info/lib/default.ts
  assert.deepEqual([...elsewhere].sort(), [
    "apigateway.amazonaws.com",
    "cloudfront.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "firehose.amazonaws.com",
    "lambda.amazonaws.com",
  ]);
  assert.match(texts(), /execute-api\.eu-west-1\.amazonaws\.com\.cn/);
});
