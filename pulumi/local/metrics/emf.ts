/**
 * CloudWatch's embedded metric format, in which functions and the local stack's processes log their metrics.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Datum } from "./datum";

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
}

type Line = Readonly<Record<string, unknown>> & {
  readonly _aws?: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly Directive[] };
};

/** The metrics in a line of a log, for each set of dimensions; none if it is another line. */
export function extract(text: string): Datum[] {
  if (!text.startsWith("{")) {
    return [];
  }
  const line = parsed(text);
  return (line?._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(line?.[name])]));
      return Metrics.flatMap(({ Name, Unit = "None" }) => {
        const values = valuesOf(line?.[Name]);
        const datum = { namespace: Namespace, name: Name, dimensions, unit: Unit, values };
        return values.length > 0 ? [{ ...datum, time: line?._aws?.Timestamp ?? 0 }] : [];
      });
    }),
  );
}

/** A line that has one metric. */
export function format({ namespace, name, dimensions, unit, time, values }: Datum): string {
  const directive: Directive = {
    Namespace: namespace,
    Dimensions: [Object.keys(dimensions)],
    Metrics: [{ Name: name, Unit: unit }],
  };
  const [Values, Counts] = [values.map(([value]) => value), values.map(([, count]) => count)];
  const aws = { Timestamp: time, CloudWatchMetrics: [directive] };
  return JSON.stringify({ _aws: aws, ...dimensions, [name]: { Values, Counts } });
}

/** A number, numbers, or numbers with how often each occurred, as the functions' library writes a histogram. */
function valuesOf(member: unknown): [number, number][] {
  if (typeof member === "number") {
    return [[member, 1]];
  }
  if (Array.isArray(member)) {
    return member.map((value) => [Number(value), 1]);
  }
  const { Values = [], Counts = [] } = (member ?? {}) as { Values?: number[]; Counts?: number[] };
  return Values.map((value, at) => [value, Counts[at] ?? 1]);
}

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
