import assert from "node:assert/strict";
import { test } from "node:test";
import { Batch } from "./batch";
import { dataOf } from "./datum";

const at = (time: number, FunctionName = "likes-ingest", namespace = "Likestream") => ({
  namespace,
  dimensions: { FunctionName },
  time,
});

function batchOf(...data: ReturnType<typeof dataOf>[]): Batch {
  const batch = new Batch();
  for (const datum of data.flat()) {
    batch.add(datum);
  }
  return batch;
}

test("equal values of a metric in a second become one, with their number", () => {
  const data = batchOf(
    dataOf(at(1200), { Accepted: 1 }),
    dataOf(at(1900), { Accepted: 1 }),
    dataOf(at(1950), { Accepted: 0 }),
    dataOf(at(2000), { Accepted: 1 }),
    dataOf(at(1200, "likes-get"), { Accepted: 1 }),
  ).drain();
  assert.deepEqual(
    data.map(({ time, dimensions, values }) => [time, dimensions.FunctionName, values]),
    [
      [
        1000,
        "likes-ingest",
        [
          [1, 2],
          [0, 1],
        ],
      ],
      [2000, "likes-ingest", [[1, 1]]],
      [1000, "likes-get", [[1, 1]]],
    ],
  );
});

test("a datum has no more values than CloudWatch takes", () => {
  const values = Array.from({ length: 250 }, (_, value) => dataOf(at(0), { PublishTime: value }));
  const data = batchOf(...values).drain();
  assert.deepEqual(
    data.map(({ values }) => values.length),
    [100, 100, 50],
  );
});

test("what could not be sent is sent the next time, and nothing twice", async () => {
  const batch = batchOf(
    dataOf(at(0), { Counted: 5 }),
    dataOf(at(0, "likes-get", "AWS/Lambda"), { Errors: 1 }),
  );
  const sent: unknown[] = [];
  const send = (isUp: boolean) => async (namespace: string, data: readonly { name: string }[]) => {
    if (!isUp && namespace === "AWS/Lambda") {
      throw new Error("down");
    }
    sent.push(...data.map(({ name }) => name));
  };
  await assert.rejects(batch.sendWith(send(false)));
  await batch.sendWith(send(true));
  await batch.sendWith(send(true));
  assert.deepEqual(sent, ["Counted", "Errors"]);
});
