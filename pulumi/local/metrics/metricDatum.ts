/** A datum as `PutMetricData` takes it. */
import type { MetricDatum, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Datum } from "./datum";

export function metricDatum({ name, dimensions, unit, time, values }: Datum): MetricDatum {
  return {
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Unit: unit as StandardUnit,
    Timestamp: new Date(time),
    Values: values.map(([value]) => value),
    Counts: values.map(([, count]) => count),
  };
}
