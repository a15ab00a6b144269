/** Writes a process's metrics to its log, once a second. */
import { Batch } from "./batch";
import type { Datum } from "./datum";
import { format } from "./emf";

const WRITE_MS = 1000;

/** Returns a function that takes metrics. */
export function startMetricsLog(): (data: readonly Datum[]) => void {
  const batch = new Batch();
  setInterval(() => {
    for (const datum of batch.drain()) {
      console.log(format(datum));
    }
  }, WRITE_MS).unref();
  return (data) => {
    for (const datum of data) {
      batch.add(datum);
    }
  };
}
