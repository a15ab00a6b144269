/**
 * The metrics of calls of Kinesis and DynamoDB, of which the emulator has none.
 *
 * https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
import { type Datum, dataOf } from "../metrics/datum";

/** A call that was answered. */
export interface Call {
  readonly operation: string;
  /** The JSON of the request. */
  readonly request: string;
  readonly status: number;
  /** The answer, if it is an error. */
  readonly error: string;
  readonly time: number;
}

/** The operation in `X-Amz-Target` if it has metrics. */
export function meteredOperation(target: unknown): string | undefined {
  const [, operation = ""] = String(target).split(".");
  return ["PutRecord", "PutRecords", "TransactWriteItems", "BatchGetItem"].includes(operation)
    ? operation
    : undefined;
}

/** What a call put on the stream, and the capacity that it took. A cancelled transaction takes it, too. */
export function usage({ operation, request, status, time }: Call): Datum[] {
  const call = JSON.parse(request);
  const isDone = status === 200;
  switch (operation) {
    case "PutRecord":
      return isDone ? incoming(call, [call], time) : [];
    case "PutRecords":
      return isDone ? incoming(call, call.Records, time) : [];
    case "TransactWriteItems":
      return capacity("ConsumedWriteCapacityUnits", unitsWritten(call), time);
    default:
      return isDone ? capacity("ConsumedReadCapacityUnits", unitsRead(call), time) : [];
  }
}

/** Exceptions that say that a limit is reached, in an answer or in the reasons for which a transaction is cancelled. */
const THROTTLED = /\b(ProvisionedThroughputExceeded|ProvisionedThroughputExceededException|Throttling\w*)\b/;

/** What failed: calls that were throttled, and errors of the service's own. */
export function failures({ operation, request, status, error, time }: Call): Datum[] {
  const call = JSON.parse(request);
  const isThrottled = status === 400 && THROTTLED.test(error);
  if (operation.startsWith("Put")) {
    return isThrottled ? dataOf(ofStream(call, time), { WriteProvisionedThroughputExceeded: 1 }) : [];
  }
  const isRead = operation === "BatchGetItem";
  const tables = Object.keys(isRead ? unitsRead(call) : unitsWritten(call));
  return tables.flatMap((TableName) => [
    ...(isThrottled
      ? dataOf(ofTable({ TableName }, time), { [isRead ? "ReadThrottleEvents" : "WriteThrottleEvents"]: 1 })
      : []),
    ...(status >= 500 ? dataOf(ofTable({ TableName, Operation: operation }, time), { SystemErrors: 1 }) : []),
  ]);
}

interface Put {
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

function ofStream({ StreamName, StreamARN }: Put, time: number) {
  const name = StreamName ?? StreamARN?.split("/").at(-1) ?? "";
  return { namespace: "AWS/Kinesis", dimensions: { StreamName: name }, time };
}

function ofTable(dimensions: Record<string, string>, time: number) {
  return { namespace: "AWS/DynamoDB", dimensions, time };
}

function incoming(put: Put, records: readonly { readonly Data: string }[], time: number): Datum[] {
  const bytes = records.reduce((sum, { Data }) => sum + Buffer.byteLength(Data, "base64"), 0);
  return [
    ...dataOf(ofStream(put, time), { IncomingRecords: records.length }),
    ...dataOf(ofStream(put, time), { IncomingBytes: bytes }, "Bytes"),
  ];
}

function capacity(metric: string, units: Record<string, number>, time: number): Datum[] {
  return Object.entries(units).flatMap(([TableName, units]) =>
    dataOf(ofTable({ TableName }, time), { [metric]: units }),
  );
}

interface Transaction {
  readonly TransactItems: readonly Readonly<Record<string, { readonly TableName: string }>>[];
}

/**
 * A transaction takes two write units for each item of up to 1 KB, and those of a like are smaller.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
function unitsWritten({ TransactItems }: Transaction): Record<string, number> {
  const units: Record<string, number> = {};
  for (const { TableName } of TransactItems.flatMap((item) => Object.values(item))) {
    units[TableName] = (units[TableName] ?? 0) + 2;
  }
  return units;
}

interface Get {
  readonly RequestItems: Readonly<
    Record<string, { readonly Keys: readonly unknown[]; readonly ConsistentRead?: boolean }>
  >;
}

/** A read takes a unit for each item of up to 4 KB, half of one if it is eventually consistent: the same page. */
function unitsRead({ RequestItems }: Get): Record<string, number> {
  return Object.fromEntries(
    Object.entries(RequestItems).map(([table, { Keys, ConsistentRead }]) => [
      table,
      Keys.length * (ConsistentRead ? 1 : 0.5),
    ]),
  );
}
