import assert from "node:assert/strict";
import { test } from "node:test";
import { draw } from "./draw";
import { type Metric, readDashboard } from "./widgets";

const MINUTE = 60_000;
const range = { from: 0, to: 10 * MINUTE, period: 60 };
const place = { x: 0, y: 0, width: 6, height: 6 };
const points = [
  [MINUTE, 1],
  [2 * MINUTE, 3],
] as const;

test("a picture has the title, the legend and a line of every graph, and every alarm's state", () => {
  const svg = draw({
    title: "likes-dev <&>",
    range,
    alarms: [{ ...place, title: "Alarms", alarms: [{ name: "likes-dev-late", state: "ALARM" }] }],
    graphs: [
      { ...place, title: "API: failures", series: [{ label: "5XXError", stat: "Sum", points }] },
      { ...place, y: 6, title: "Stream", series: [{ label: "IncomingRecords", stat: "Sum", points: [] }] },
    ],
  });
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  for (const text of [
    "likes-dev &lt;&amp;&gt;",
    "API: failures",
    "5XXError",
    "Stream",
    "IncomingRecords",
    "per min",
  ]) {
    assert.ok(texts.includes(text), `${text} in ${texts}`);
  }
  assert.deepEqual(texts.slice(texts.indexOf("likes-dev-late")).slice(0, 2), ["likes-dev-late", "ALARM"]);
  assert.ok(texts.includes("1970-01-01, 00:00 to 00:10 UTC; one data point per min"));
  // In the colour of the first line.
  assert.equal([...svg.matchAll(/<path d="M[^"]*L[^"]*" fill="none"[^>]* stroke="#1f77b4"/g)].length, 1);
});

test("lines are named by what distinguishes them", async () => {
  const graph = (...metrics: Metric[]) => ({ ...place, type: "metric", properties: { title: "", metrics } });
  const latency = ["AWS/ApiGateway", "Latency", "ApiName", "likes"] as const;
  const errors = ["AWS/Lambda", "Errors", "FunctionName"] as const;
  const widgets = [
    graph([...latency, { stat: "p50" }], [...latency, { stat: "p99" }]),
    graph([...errors, "likes-get", { stat: "Sum" }], [...errors, "likes-ingest", { stat: "Sum" }]),
    graph([...errors, "likes-get", { stat: "Sum" }]),
  ];
  const cloudWatch = {
    getDashboard: async () => ({ DashboardBody: JSON.stringify({ widgets }) }),
    getMetricData: async () => ({
      MetricDataResults: [{ Id: "m0", Timestamps: [new Date(2 * MINUTE), new Date(MINUTE)], Values: [3, 1] }],
    }),
  };
  const { graphs } = await readDashboard(cloudWatch as never, "likes-dev", range);
  assert.deepEqual(
    graphs.map(({ series }) => series.map(({ label }) => label)),
    [["Latency p50", "Latency p99"], ["Errors likes-get", "Errors likes-ingest"], ["Errors"]],
  );
  assert.deepEqual(
    graphs[0]?.series.map(({ points }) => points),
    [points, []],
  );
});
