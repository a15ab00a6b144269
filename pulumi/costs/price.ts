/** What a quantity of something costs, by AWS's list prices in `rates.json`. */
import rates from "./rates.json";

/** Part of a monthly quantity, at one price. */
export interface Tier {
  /** Where the tier ends, in units of the rate; nowhere if absent. */
  readonly upTo?: number;
  readonly usd: number;
}

export interface Rate {
  readonly service: string;
  readonly unit: string;
  /** How many requests, bytes and so on are one unit. */
  readonly per: number;
  readonly tiers: readonly Tier[];
}

export type RateName = keyof typeof rates.rates;

/** The rate of this name. */
export function rateOf(name: RateName): Rate {
  return rates.rates[name];
}

/** The US dollars that `units` of a rate cost. */
export function price({ tiers }: Pick<Rate, "tiers">, units: number): number {
  let usd = 0;
  let from = 0;
  for (const tier of tiers) {
    const upTo = tier.upTo ?? Number.POSITIVE_INFINITY;
    usd += Math.max(0, Math.min(units, upTo) - from) * tier.usd;
    from = upTo;
  }
  return usd;
}
