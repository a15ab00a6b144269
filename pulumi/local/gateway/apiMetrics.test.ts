import assert from "node:assert/strict";
import { test } from "node:test";
import { apiMetrics } from "./apiMetrics";

const answered = (status: number, isThrottled = false) => {
  const url = "/restapis/likes/v1/_user_request_/likes";
  return apiMetrics({ url, status, isThrottled, time: 0, tookMs: 12 });
};

const valuesOf = (status: number, isThrottled = false) =>
  Object.fromEntries(answered(status, isThrottled).map(({ name, values }) => [name, values[0]?.[0]]));

test("each request is counted as an error or not, so that their average is the rate", () => {
  assert.deepEqual(valuesOf(202), { Count: 1, "4XXError": 0, "5XXError": 0, Latency: 12 });
  assert.deepEqual(valuesOf(400), { Count: 1, "4XXError": 1, "5XXError": 0, Latency: 12 });
  assert.deepEqual(valuesOf(503), { Count: 1, "4XXError": 0, "5XXError": 1, Latency: 12 });
});

test("a throttled request is counted from the access log, too", () => {
  assert.deepEqual(valuesOf(429, true), {
    Throttled: 1,
    Count: 1,
    "4XXError": 1,
    "5XXError": 0,
    Latency: 12,
  });
  const [throttled, count] = answered(429, true);
  assert.deepEqual([throttled?.namespace, throttled?.dimensions], ["Likestream", { ApiId: "likes" }]);
  assert.deepEqual([count?.namespace, count?.dimensions], ["AWS/ApiGateway", { ApiName: "likes" }]);
});
