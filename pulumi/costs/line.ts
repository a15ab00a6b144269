/** One line of a bill. */
import { price, type RateName, rateOf } from "./price";

export interface Line {
  readonly what: string;
  readonly rate: RateName;
  /** The quantity, in units of the rate. */
  readonly units: number;
  readonly usd: number;
}

/** A line for `quantity` requests, bytes and so on. */
export function line(what: string, rate: RateName, quantity: number): Line {
  const { per, tiers } = rateOf(rate);
  const units = quantity / per;
  return { what, rate, units, usd: price({ tiers }, units) };
}

export const sum = (lines: readonly Line[]) => lines.reduce((total, { usd }) => total + usd, 0);
