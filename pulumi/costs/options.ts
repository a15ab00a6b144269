/** The command's options. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { Q } from "./quantities";
import type { Traffic } from "./traffic";

const PROJECT = path.join(__dirname, "..", "..");

export const HELP = `Estimate what a stack costs on AWS in a month, by list prices in us-east-1.

Usage: ./justw costs [OPTIONS]

  --likes N          likes a month [default: 1M]
  --rate N           likes a second while likes arrive [default: spread over the month]
  --movies N         movies that the likes are for, all equally popular [default: 1000]
  --anonymous N      how many of a hundred likes name no user [default: 0]
  --reads N          GET requests a month [default: 0]
  --visits N         visits to the web page a month [default: 0]
  --months N         how long it has gone on, for what is stored [default: 12]
  --stack NAME       take the settings of Pulumi.NAME.yaml [default: those of Pulumi.yaml]
  --config KEY=VALUE change a setting; can be repeated
  --summary          print only the sums
  --json             print one JSON object
  --help             print this

N can end with k, M or G, for thousands, millions or billions. The rates are in pulumi/costs/rates.json, with their
sources; what an event takes is in pulumi/costs/quantities.json, with the reason; and docs/costs.md explains the model.
`;

export interface Options {
  readonly traffic: Traffic;
  /** Empty for the defaults. */
  readonly stack: string;
  readonly config: Record<string, string>;
  readonly format: "table" | "summary" | "json";
}

/** An option is wrong. */
export class OptionError extends Error {}

const UNITS: Record<string, number> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** The movies that a GET of the web page asks for: all its films. */
export const FILMS = 24;

/**
 * Reads the arguments; undefined if they ask for help.
 *
 * @throws OptionError saying what is wrong.
 */
export function readOptions(args: string[]): Options | undefined {
  const values = parsed(args);
  if (values.help) {
    return undefined;
  }
  const number = (name: "likes" | "movies" | "anonymous" | "reads" | "visits" | "months", min: number) =>
    numberOf(name, values[name], min);
  const likes = number("likes", 1);
  const anonymous = number("anonymous", 0);
  const spread = likes / (Q.monthHours * 3600);
  const rate = values.rate === undefined ? spread : numberOf("rate", values.rate, 0);
  if (rate < spread) {
    throw new OptionError(`at ${rate} likes a second, ${likes} likes take longer than a month`);
  }
  if (anonymous > 100) {
    throw new OptionError(`--anonymous must be at most 100; it is ${anonymous}`);
  }
  const visits = number("visits", 0);
  return {
    traffic: {
      likes,
      rate,
      movies: number("movies", 1),
      userShare: 1 - anonymous / 100,
      reads: number("reads", 0) + visits,
      moviesPerRead: FILMS,
      visits,
      preflights: visits,
      months: number("months", 1),
    },
    stack: stackOf(values.stack),
    config: configOf(values.config),
    format: values.json ? "json" : values.summary ? "summary" : "table",
  };
}

function parsed(args: string[]) {
  const text = (value?: string) => ({ type: "string" as const, default: value });
  const flag = { type: "boolean" as const, default: false };
  try {
    const options = {
      likes: text("1M"),
      rate: { type: "string" as const },
      movies: text("1000"),
      anonymous: text("0"),
      reads: text("0"),
      visits: text("0"),
      months: text("12"),
      stack: text(""),
      config: { type: "string" as const, multiple: true as const, default: [] as string[] },
      summary: flag,
      json: flag,
      help: { ...flag, short: "h" },
    };
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new OptionError(`${(error as Error).message.split(". ")[0]}; see: ./justw costs --help`);
  }
}

function numberOf(name: string, text = "", min: number): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (!(value >= min)) {
    throw new OptionError(
      `--${name} must be a number of at least ${min}, such as 500, 20k, 1M or 1.5G; it is ${text}`,
    );
  }
  return value;
}

function stackOf(name = ""): string {
  if (name && !fs.existsSync(path.join(PROJECT, `Pulumi.${name}.yaml`))) {
    const files = fs.readdirSync(PROJECT).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
    throw new OptionError(`unknown stack: ${name}; known stacks: ${files.filter(Boolean).sort().join(", ")}`);
  }
  return name;
}

function configOf(pairs: string[] = []): Record<string, string> {
  const { config } = parse(fs.readFileSync(path.join(PROJECT, "Pulumi.yaml"), "utf8"));
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = "", ...value] = pair.split("=");
      if (value.length === 0) {
        throw new OptionError(`--config must be KEY=VALUE; it is ${pair}`);
      }
      if (!(key in config)) {
        throw new OptionError(`unknown setting: ${key}; docs/configuration.md lists them`);
      }
      return [key, value.join("=")];
    }),
  );
}
