/** What a day costs if someone sends all that the API accepts. */
import { bill } from "./bill";
import { sum } from "./line";
import type { Setup } from "./setup";
import type { Traffic } from "./traffic";

const DAY = 24 * 60 * 60;

/** The most movies that a GET may name: `MAX_MOVIES` in `handlers/get-likes`. */
export const MAX_MOVIES = 100;

/**
 * The US dollars for a day of requests: `POST`, `GET` and `OPTIONS` at the throttle's rate each, every like for another
 * movie, every read of as many movies as are allowed, and every request traced, if any is: a client decides that in a header.
 */
export function worstDay(setup: Setup): number {
  const requests = setup.throttleRate * DAY;
  const traffic: Traffic = {
    likes: requests,
    rate: setup.throttleRate,
    movies: requests,
    userShare: 1,
    reads: requests,
    moviesPerRead: MAX_MOVIES,
    visits: 0,
    preflights: requests,
    months: 1,
  };
  return sum(bill(traffic, { ...setup, tracedShare: setup.tracedShare > 0 ? 1 : 0 }).traffic);
}
