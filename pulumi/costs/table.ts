/** Writes a bill as a table of text. */
import type { Bill } from "./bill";
import { type Line, sum } from "./line";
import { rateOf } from "./price";

/** A number with as many digits as are of use. */
export function amount(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2;
  const options = { maximumFractionDigits: digits, minimumFractionDigits: 0 };
  return value > 0 && value < 0.005 ? "0.00" : value.toLocaleString("en-US", options);
}

/** US dollars and cents. */
export function dollars(usd: number): string {
  return usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** The prices of the tiers that a line reaches. */
function each({ rate, units }: Line): string {
  const { tiers } = rateOf(rate);
  const from = (index: number) => tiers[index - 1]?.upTo ?? 0;
  const reached = tiers.filter((_, index) => index === 0 || units > from(index)).map(({ usd }) => usd);
  const [first = 0, last = first] = [reached[0], reached.at(-1)];
  return first === last ? String(first) : `${first} to ${last}`;
}

/** Rows of cells, the first aligned left and the others right. */
function aligned(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === 2 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

const row = (line: Line) => [
  `  ${line.what}`,
  amount(line.units),
  rateOf(line.rate).unit,
  each(line),
  dollars(line.usd),
];

/** The bill's groups of lines, with what each is for. */
const groups = ({ traffic, storage, fixed }: Bill, months: number): [string, readonly Line[]][] => [
  ["this month's traffic", traffic],
  [`storage, after ${months} ${months === 1 ? "month" : "months"}`, storage],
  ["fixed, without any traffic", fixed],
];

const total = (bill: Bill): [string, readonly Line[]] => ["total", Object.values(bill).flat()];

/** The sums alone. */
export function summary(bill: Bill, months: number): string {
  const rows = [...groups(bill, months), total(bill)].map(([title, lines]) => [title, dollars(sum(lines))]);
  return aligned([["USD a month, in us-east-1", "USD"], ...rows]).join("\n");
}

/** The whole bill. */
export function table(bill: Bill, months: number): string {
  const heading = ([title, lines]: [string, readonly Line[]]) => [title, "", "", "", dollars(sum(lines))];
  const rows = groups(bill, months).flatMap((group) => [heading(group), ...group[1].map(row)]);
  return aligned([["USD a month, in us-east-1", "", "", "each", "USD"], ...rows, heading(total(bill))]).join(
    "\n",
  );
}
