/** What a metric's values were at a time. */
export interface Datum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  /** In milliseconds. */
  readonly time: number;
  /** Values and how often each occurred. */
  readonly values: readonly (readonly [value: number, count: number])[];
}

/** Metrics of one resource, of one value each. */
export function dataOf(
  source: Pick<Datum, "namespace" | "dimensions" | "time">,
  values: Readonly<Record<string, number>>,
  unit = "Count",
): Datum[] {
  return Object.entries(values).map(([name, value]) => ({ ...source, name, unit, values: [[value, 1]] }));
}
