/** Gathers metrics, so that a second of them takes one call. */
import type { Datum } from "./datum";

const SECOND_MS = 1000;

/** The most values that CloudWatch takes from one line of a log; `PutMetricData` takes 150. */
const MAX_VALUES = 100;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_DATA = 1000;

export class Batch {
  private data = new Map<string, Omit<Datum, "values"> & { readonly values: Map<number, number> }>();

  add(datum: Datum): void {
    const time = Math.floor(datum.time / SECOND_MS) * SECOND_MS;
    const key = JSON.stringify([datum.namespace, datum.name, datum.dimensions, datum.unit, time]);
    let gathered = this.data.get(key);
    if (!gathered) {
      gathered = { ...datum, time, values: new Map() };
      this.data.set(key, gathered);
    }
    for (const [value, count] of datum.values) {
      gathered.values.set(value, (gathered.values.get(value) ?? 0) + count);
    }
  }

  /** Takes what was gathered: of each metric, a datum for each second, or more if it has too many values. */
  drain(): Datum[] {
    const gathered = [...this.data.values()];
    this.data = new Map();
    return gathered.flatMap(({ values, ...datum }) =>
      chunks([...values], MAX_VALUES).map((values) => ({ ...datum, values })),
    );
  }

  /** Sends what was gathered, in parts of one namespace; what `send` rejects is kept. */
  async sendWith(send: (namespace: string, data: readonly Datum[]) => Promise<unknown>): Promise<void> {
    const left = new Set(this.drain());
    try {
      for (const namespace of new Set([...left].map((datum) => datum.namespace))) {
        for (const part of chunks(
          [...left].filter((datum) => datum.namespace === namespace),
          MAX_DATA,
        )) {
          await send(namespace, part);
          part.forEach((datum) => {
            left.delete(datum);
          });
        }
      }
    } finally {
      left.forEach((datum) => {
        this.add(datum);
      });
    }
  }
}

/** A list in parts of at most this length. */
function chunks<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, at) =>
    list.slice(at * length, (at + 1) * length),
  );
}
