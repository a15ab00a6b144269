/** Prints the costs that the options ask for. */
import { shardsOf } from "./batches";
import { bill } from "./bill";
import { sum } from "./line";
import { HELP, OptionError, readOptions } from "./options";
import { Q } from "./quantities";
import { readSetup, type Setup } from "./setup";
import { amount, dollars, summary, table } from "./table";
import type { Traffic } from "./traffic";
import { worstDay } from "./worstDay";

/**
 * What the command prints.
 *
 * @throws OptionError if the options are wrong, or ask for more than the stack can take.
 */
export async function estimate(args: string[]): Promise<string> {
  const options = readOptions(args);
  if (!options) {
    return HELP;
  }
  const { traffic, stack, config, format } = options;
  const setup = await readSetup(stack, config);
  check(traffic, setup);
  const costs = bill(traffic, setup);
  const open = worstDay(setup);
  if (format === "json") {
    const sums = { traffic: sum(costs.traffic), storage: sum(costs.storage), fixed: sum(costs.fixed) };
    return `${JSON.stringify({ traffic, setup, bill: costs, sums, worstDay: open }, null, 2)}\n`;
  }
  const { throttleRate } = setup;
  const text = (format === "summary" ? summary : table)(costs, traffic.months);
  return `${text}\n\nA day of all requests that the API accepts, ${amount(throttleRate)} a second for each method: ${dollars(open)}\n`;
}

/** Checks that the stack can take the traffic. */
function check({ rate }: Traffic, setup: Setup): void {
  const most = shardsOf(setup, rate) * Q.recordsPerShard;
  if (rate > most) {
    throw new OptionError(
      `${amount(rate)} likes a second are more than the shards take (${amount(most)}): add --config shards=N`,
    );
  }
  if (rate > setup.throttleRate) {
    throw new OptionError(
      `${amount(rate)} likes a second are more than the API accepts (${setup.throttleRate}): add --config throttleRate=N`,
    );
  }
}
