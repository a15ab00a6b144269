import assert from "node:assert/strict";
import { test } from "node:test";
import { batches, shardsOf, transactions } from "./batches";

const near = (actual: number, expected: number, tolerance = 1e-3) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * expected, `${actual} is not ${expected}`);

const ONE_SHARD = {
  streamMode: "PROVISIONED",
  shards: 1,
  batchSize: 1000,
  batchWindowSeconds: 1,
} as const;

test("a batch has the like that opens it and those of its window", () => {
  // 4 likes a second and a window of 1 s: batches of 5.
  near(batches({ likes: 1000, rate: 4, movies: 1 }, ONE_SHARD).invocations, 200);
  // A window of 10 s: batches of 41.
  const longer = { ...ONE_SHARD, batchWindowSeconds: 10 };
  near(batches({ likes: 41_000, rate: 4, movies: 1 }, longer).invocations, 1000);
  // Lambda polls once a second, even without a window.
  const none = { ...ONE_SHARD, batchWindowSeconds: 0 };
  near(batches({ likes: 1000, rate: 4, movies: 1 }, none).invocations, 200);
});

test("a batch has at most the configured number of records", () => {
  near(batches({ likes: 50_000, rate: 900, movies: 1 }, { ...ONE_SHARD, batchSize: 500 }).invocations, 100);
});

test("each shard has batches of its own, with the likes of its own movies", () => {
  const four = { ...ONE_SHARD, shards: 4 };
  // One like a second for each of 4 shards: batches of 2, all of one movie.
  const each = batches({ likes: 1000, rate: 4, movies: 4 }, four);
  near(each.invocations, 500);
  near(each.transactions, 500 * (1 - Math.exp(-2)));
  // All likes are on the shard of their movie: batches of 5.
  near(batches({ likes: 1000, rate: 4, movies: 1 }, four).invocations, 200);
});

test("the likes of a movie that its shard cannot take are on all shards", () => {
  const four = { ...ONE_SHARD, shards: 4, batchSize: 10_000 };
  // 1,000 likes a second of each of two movies are on two shards; 1,500 are on four, with both movies on each.
  near(batches({ likes: 1001, rate: 2000, movies: 2 }, four).invocations, 1);
  const spilled = batches({ likes: 751, rate: 3000, movies: 2 }, four);
  near(spilled.invocations, 1);
  near(spilled.transactions, transactions(751, 2));
});

test("an on-demand stream has at least 4 shards, and room for twice the rate", () => {
  const onDemand = { streamMode: "ON_DEMAND", shards: 0 } as const;
  assert.deepEqual(
    [1, 2000, 5000].map((rate) => shardsOf(onDemand, rate)),
    [4, 4, 10],
  );
});

test("likes of one movie share transactions of up to 99", () => {
  // With a mean of ln 2 likes, the movie has none with probability 1/2, and hardly ever more than 99.
  near(transactions(Math.LN2, 1), 0.5);
  // 990 likes on average: 10 full transactions, and a partial one half the time.
  near(transactions(990, 1), 10.5, 0.01);
});

test("likes of different movies need a transaction each", () => {
  // With 3 likes of a million movies, hardly any two are of the same movie.
  near(transactions(3, 1e6), 3);
  // 1,000 likes of 1,000 movies: a movie has at least one like with probability 1 - 1/e.
  near(transactions(1000, 1000), 1000 * (1 - 1 / Math.E));
});

test("a batch is billed for its lookup and its rounds of transactions", () => {
  // 10 ms, a lookup of 15 ms, and one round of 25 ms.
  near(batches({ likes: 1000, rate: 4, movies: 1 }, ONE_SHARD).seconds, 200 * 0.05);
  // About 160 different movies, 16 at a time: ten rounds.
  const many = batches({ likes: 160_000, rate: 159, movies: 1e9 }, ONE_SHARD);
  near(many.seconds, 1000 * (0.01 + 0.015 + 10 * 0.025));
});
