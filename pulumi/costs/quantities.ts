/** The numbers in `quantities.json`: what an event takes, each with its reason. */
import quantities from "./quantities.json";

type Name = keyof typeof quantities;

export const Q = Object.fromEntries(
  Object.entries(quantities).map(([name, { value }]) => [name, value]),
) as Readonly<Record<Name, number>>;
