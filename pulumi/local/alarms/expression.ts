/**
 * The part of CloudWatch's metric math that the alarms use: arithmetic, and `FILL` with a number.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
import jsep, { type BinaryExpression, type CallExpression, type Expression, type Identifier } from "jsep";

/** A data point; undefined if there is none. */
export type Point = number | undefined;

const OPERATORS: Record<string, (left: number, right: number) => number> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
};

/**
 * The expression's data point in a period, from those of the metrics by id. There is none if a metric outside of `FILL` has
 * none, or for a division by zero.
 *
 * @throws Error if CloudWatch, or this part of it, does not know the expression.
 */
export function pointOf(expression: string, points: Readonly<Record<string, Point>>): Point {
  const result = evaluate(jsep(expression), points);
  return Number.isFinite(result) ? result : undefined;
}

function evaluate(node: Expression, points: Readonly<Record<string, Point>>): Point {
  if (node.type === "Literal" && typeof node.value === "number") {
    return node.value;
  }
  if (node.type === "Identifier") {
    const { name } = node as Identifier;
    if (!(name in points)) {
      throw new Error(`there is no metric ${name}`);
    }
    return points[name];
  }
  if (node.type === "BinaryExpression") {
    const { operator, left, right } = node as BinaryExpression;
    const [a, b] = [evaluate(left, points), evaluate(right, points)];
    const apply = OPERATORS[operator];
    if (apply) {
      return a === undefined || b === undefined ? undefined : apply(a, b);
    }
  }
  if (node.type === "CallExpression") {
    const { callee, arguments: passed } = node as CallExpression;
    const [metric, filling] = passed;
    if (callee.name === "FILL" && metric && filling?.type === "Literal" && passed.length === 2) {
      return evaluate(metric, points) ?? Number(filling.value);
    }
  }
  throw new Error(`metric math of this kind is not supported: ${node.type}`);
}
