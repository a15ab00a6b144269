import assert from "node:assert/strict";
import { test } from "node:test";
import { extract, format } from "./emf";

const aws = (Metrics: object[], Dimensions: string[][] = [["FunctionName"]]) => ({
  Timestamp: 1795530984057,
  CloudWatchMetrics: [{ Namespace: "Likestream", Dimensions, Metrics }],
});

test("a line's metrics are extracted with their units, dimensions and time, and its other members are not", () => {
  const line = {
    _aws: aws([{ Name: "Counted", Unit: "Count" }, { Name: "Ratio" }]),
    Counted: 3,
    Ratio: 0,
    Records: 4,
    FunctionName: "likes-update",
  };
  const own = { namespace: "Likestream", dimensions: { FunctionName: "likes-update" }, time: 1795530984057 };
  assert.deepEqual(extract(JSON.stringify(line)), [
    { ...own, name: "Counted", unit: "Count", values: [[3, 1]] },
    { ...own, name: "Ratio", unit: "None", values: [[0, 1]] },
  ]);
});

test("a metric may have several values, and how often each occurred", () => {
  const line = {
    _aws: aws([{ Name: "CountingLag", Unit: "Milliseconds" }, { Name: "List" }]),
    CountingLag: { Values: [8, 16], Counts: [2, 5] },
    List: [1, 1],
    FunctionName: "likes-update",
  };
  assert.deepEqual(
    extract(JSON.stringify(line)).map(({ values }) => values),
    [
      [
        [8, 2],
        [16, 5],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ],
  );
});

test("each set of dimensions is a metric of its own, and a metric without a value is none", () => {
  const line = {
    _aws: aws([{ Name: "Count" }, { Name: "None" }], [["A"], ["A", "B"]]),
    Count: 1,
    A: "a",
    B: "b",
  };
  assert.deepEqual(
    extract(JSON.stringify(line)).map(({ name, dimensions }) => [name, dimensions]),
    [
      ["Count", { A: "a" }],
      ["Count", { A: "a", B: "b" }],
    ],
  );
});

test("other lines have no metrics", () => {
  for (const line of ["", " INFO ready", "{", '{"level":"WARN"}', "{} {}"]) {
    assert.deepEqual(extract(line), [], line);
  }
});

test("what a process of the local stack writes is extracted as it was", () => {
  const datum = {
    namespace: "AWS/ApiGateway",
    name: "Latency",
    dimensions: { ApiName: "likes" },
    unit: "Milliseconds",
    time: 1795530984000,
    values: [[7, 2]] as const,
  };
  assert.deepEqual(extract(format(datum)), [datum]);
});
