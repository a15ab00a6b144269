/** How the mapping and UpdateCount divide likes into invocations and transactions. */
import { Q } from "./quantities";
import type { Setup } from "./setup";
import type { Traffic } from "./traffic";

export interface Batches {
  readonly invocations: number;
  readonly transactions: number;
  /** The time that UpdateCount is billed for, in seconds. */
  readonly seconds: number;
}

/** How many likes are looked up and counted at a time: `WINDOW` in `handlers/update-count`. */
const WINDOW = Q.concurrency * Q.keysPerLookup;

/** The number of shards: an on-demand stream keeps room for twice the rate. */
export function shardsOf({ streamMode, shards }: Pick<Setup, "streamMode" | "shards">, rate: number): number {
  return streamMode === "PROVISIONED"
    ? shards
    : Math.max(Q.onDemandShards, Math.ceil((2 * rate) / Q.recordsPerShard));
}

/**
 * What arrives on a shard: a movie's likes are all on the same one, unless they are more than it takes. Then they spill over,
 * and each shard has likes of every movie.
 */
function perShard(rate: number, movies: number, shards: number) {
  if (rate / movies > Q.recordsPerShard) {
    return { rate: rate / shards, movies };
  }
  const used = Math.min(shards, movies);
  return { rate: rate / used, movies: movies / used };
}

/**
 * The batches of a month. The first like on an idle shard opens a batch, which gathers those of the batch window: there are
 * `1 + rate × window` likes in it on average, or the maximum that is configured.
 */
export function batches(
  { likes, rate, movies }: Pick<Traffic, "likes" | "rate" | "movies">,
  setup: Pick<Setup, "streamMode" | "shards" | "batchSize" | "batchWindowSeconds">,
): Batches {
  const arriving = perShard(rate, movies, shardsOf(setup, rate));
  const window = Math.max(setup.batchWindowSeconds, Q.pollSeconds);
  const size = Math.min(setup.batchSize, 1 + arriving.rate * window);
  const chunk = Math.min(size, WINDOW);
  const chunks = size / chunk;
  const perChunk = transactions(chunk, arriving.movies);
  const lookups = Math.ceil(chunk / Q.keysPerLookup / Q.concurrency);
  const rounds = Math.max(1, perChunk / Q.concurrency);
  const ms = Q.updateMs + chunks * (lookups * Q.lookupMs + rounds * Q.transactionMs);
  const invocations = likes / size;
  return {
    invocations,
    transactions: invocations * chunks * perChunk,
    seconds: (invocations * ms) / 1000,
  };
}

/**
 * The expected number of transactions for likes of equally popular movies. The likes of one movie are Poisson distributed, and
 * need a transaction for every 99 or part thereof. More unequal popularity needs fewer transactions.
 */
export function transactions(likes: number, movies: number): number {
  const mean = likes / movies;
  const last = Math.ceil(mean + 12 * Math.sqrt(mean) + 30);
  let expected = 0;
  let logProbability = -mean;
  for (let count = 1; count <= last; count++) {
    logProbability += Math.log(mean / count);
    expected += Math.exp(logProbability) * Math.ceil(count / Q.likesPerTransaction);
  }
  return movies * expected;
}
