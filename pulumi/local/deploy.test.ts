import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ALL_ON, program } from "../tests/program";
import { create, localOutputs } from "./deploy";
import type { Delivery, Target } from "./resource";
import { representable, UNREPRESENTED, UNREPRESENTED_TYPES } from "./unrepresented";

test("the local stack supports every resource of every stack, with every input", async () => {
  for (const stack of ["dev", "prod", "local"]) {
    const { resources } = await program(stack, { ...ALL_ON, streamMode: "PROVISIONED" });
    for (const { type, name, inputs } of resources) {
      assert.doesNotThrow(() => create(type, name, inputs), `${type} ${name}`);
    }
  }
});

test("an unsupported type or input is an error that names it", () => {
  assert.throws(() => create("aws:ec2/vpc:Vpc", "net", {}), /does not support this resource type/);
  const table = {
    hashKey: "k",
    attributes: [],
    billingMode: "PAY_PER_REQUEST",
    deletionProtectionEnabled: false,
  };
  assert.doesNotThrow(() => create("aws:dynamodb/table:Table", "t", table));
  assert.throws(
    () => create("aws:dynamodb/table:Table", "t", { ...table, readCapacity: 5 }),
    /"readCapacity"/,
  );
});

test("an event source mapping needs only the inputs that AWS requires", () => {
  const type = "aws:lambda/eventSourceMapping:EventSourceMapping";
  const required = { eventSourceArn: "stream", functionName: "function", startingPosition: "TRIM_HORIZON" };
  assert.doesNotThrow(() => create(type, "m", required));
  assert.doesNotThrow(() => create(type, "m", { ...required, parallelizationFactor: 2 }));
});

test("a delivery stream that the local stack would write otherwise is rejected", async () => {
  const { one } = await program("local");
  const type = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream";
  const { inputs } = one(type);
  const changed = (s3: object) => ({
    ...inputs,
    extendedS3Configuration: { ...inputs.extendedS3Configuration, ...s3 },
  });
  assert.doesNotThrow(() => create(type, "d", changed({})));
  assert.throws(() => create(type, "d", changed({ compressionFormat: "ZIP" })), /supports only GZIP/);
  for (const processors of [[], [{ type: "Decompression" }]]) {
    const processingConfiguration = { enabled: true, processors };
    assert.throws(() => create(type, "d", changed({ processingConfiguration })), /AppendDelimiterToRecord/);
  }
  assert.throws(
    () => create(type, "d", { ...inputs, kinesisSourceConfiguration: undefined }),
    /Kinesis stream/,
  );
});

test("a delivery stream is created only once it is active", async () => {
  const { one } = await program("local");
  const type = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream";
  const order: string[] = [];
  const target = {
    firehose: { createDeliveryStream: async () => ({ DeliveryStreamARN: "arn" }) },
    deliver: async ({ name }: Delivery) => {
      await setImmediate();
      order.push(`${name} is active`);
    },
  };
  await create(type, "d", one(type).inputs)(target as unknown as Target);
  order.push("created");
  assert.deepEqual(order, ["d is active", "created"]);
});

test("everything left out is used by the program and has a reason", async () => {
  const { resources } = await program("dev", ALL_ON);
  for (const [type, reason] of Object.entries(UNREPRESENTED_TYPES)) {
    assert.ok(
      resources.some((resource) => resource.type === type),
      type,
    );
    assert.ok(reason.length > 20, type);
  }
  for (const [type, inputs] of Object.entries(UNREPRESENTED)) {
    const ofType = resources.filter((resource) => resource.type === type);
    for (const [path, reason] of Object.entries(inputs)) {
      const input = path.replace(/\[.*/, "");
      assert.ok(
        ofType.some((resource) => input in resource.inputs),
        `${type} ${path}`,
      );
      assert.ok(reason.length > 20, `${type} ${path}`);
    }
  }
});

test("only the named statement of a policy is left out", () => {
  const policy = (...sids: string[]) => JSON.stringify({ Statement: sids.map((Sid) => ({ Sid })) });
  const type = "aws:s3/bucketPolicy:BucketPolicy";
  assert.deepEqual(representable(type, { bucket: "b", policy: policy("TlsOnly", "Read") }), {
    bucket: "b",
    policy: policy("Read"),
  });
  assert.deepEqual(representable(type, { bucket: "b", policy: policy("TlsOnly") }), {
    bucket: "b",
    policy: undefined,
  });
});

test("the local stack's outputs say how to reach it, and no console", () => {
  const credentials = { accessKeyId: "a", secretAccessKey: "s" };
  const site = { endpoint: "http://127.0.0.1:4566", region: "us-east-1", credentials };
  const outputs = localOutputs({ streamName: "likes", dashboardUrl: "https://console" }, site);
  assert.deepEqual(JSON.parse(JSON.stringify(outputs)), {
    streamName: "likes",
    endpointUrl: "http://127.0.0.1:4566",
    ...credentials,
  });
});
