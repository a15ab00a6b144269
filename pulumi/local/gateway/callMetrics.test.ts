import assert from "node:assert/strict";
import { test } from "node:test";
import type { Datum } from "../metrics/datum";
import { type Call, failures, meteredOperation, usage } from "./callMetrics";

const short = (data: Datum[]) =>
  data.map(({ namespace, name, dimensions, values }) => [
    `${namespace} ${name}`,
    Object.values(dimensions).join(),
    values[0]?.[0],
  ]);

const answered = (operation: string, request: object, status = 200, error = ""): Call => ({
  operation,
  request: JSON.stringify(request),
  status,
  error,
  time: 0,
});

const put = { StreamName: "likes", Data: Buffer.from("a like").toString("base64") };
const get = { RequestItems: { "likes-counts": { Keys: [1, 2, 3] } } };
const transact = {
  TransactItems: [
    { Put: { TableName: "likes-ledger" } },
    { Put: { TableName: "likes-ledger" } },
    { Update: { TableName: "likes-counts" } },
  ],
};

test("calls of other operations are not counted", () => {
  assert.equal(meteredOperation("Kinesis_20131202.PutRecord"), "PutRecord");
  assert.equal(meteredOperation("DynamoDB_20120810.TransactWriteItems"), "TransactWriteItems");
  assert.equal(meteredOperation("Kinesis_20131202.GetRecords"), undefined);
  assert.equal(meteredOperation(undefined), undefined);
});

test("records that the stream took are counted, with the bytes of their data", () => {
  assert.deepEqual(short(usage(answered("PutRecord", put))), [
    ["AWS/Kinesis IncomingRecords", "likes", 1],
    ["AWS/Kinesis IncomingBytes", "likes", 6],
  ]);
  const many = { StreamARN: "arn:aws:kinesis:eu-west-1:1:stream/likes", Records: [put, put] };
  assert.deepEqual(short(usage(answered("PutRecords", many))), [
    ["AWS/Kinesis IncomingRecords", "likes", 2],
    ["AWS/Kinesis IncomingBytes", "likes", 12],
  ]);
  assert.deepEqual(usage(answered("PutRecord", put, 400)), []);
});

test("a transaction takes two write units for each item, cancelled or not", () => {
  for (const status of [200, 400]) {
    assert.deepEqual(short(usage(answered("TransactWriteItems", transact, status))), [
      ["AWS/DynamoDB ConsumedWriteCapacityUnits", "likes-ledger", 4],
      ["AWS/DynamoDB ConsumedWriteCapacityUnits", "likes-counts", 2],
    ]);
  }
});

test("an eventually consistent read takes half a unit", () => {
  const units = (request: object) => short(usage(answered("BatchGetItem", request)))[0]?.[2];
  assert.equal(units(get), 1.5);
  assert.equal(units({ RequestItems: { counts: { Keys: [1, 2, 3], ConsistentRead: true } } }), 3);
});

test("a throttled call is counted for its stream or each of its tables", () => {
  const throttled = (operation: string, request: object, error: string) =>
    short(failures(answered(operation, request, 400, error)));
  assert.deepEqual(throttled("PutRecord", put, '{"__type":"ProvisionedThroughputExceededException"}'), [
    ["AWS/Kinesis WriteProvisionedThroughputExceeded", "likes", 1],
  ]);
  assert.deepEqual(throttled("TransactWriteItems", transact, '{"__type":"ThrottlingException"}'), [
    ["AWS/DynamoDB WriteThrottleEvents", "likes-ledger", 1],
    ["AWS/DynamoDB WriteThrottleEvents", "likes-counts", 1],
  ]);
  assert.deepEqual(throttled("BatchGetItem", get, '{"__type":"#ProvisionedThroughputExceededException"}'), [
    ["AWS/DynamoDB ReadThrottleEvents", "likes-counts", 1],
  ]);
  assert.deepEqual(throttled("TransactWriteItems", transact, "[ConditionalCheckFailed, None]"), []);
});

test("an error of DynamoDB's own is counted by table and operation, and one of Kinesis has no metric", () => {
  assert.deepEqual(short(failures(answered("BatchGetItem", get, 500))), [
    ["AWS/DynamoDB SystemErrors", "likes-counts,BatchGetItem", 1],
  ]);
  assert.deepEqual(failures(answered("PutRecord", put, 500)), []);
  assert.deepEqual(failures(answered("BatchGetItem", get)), []);
});
