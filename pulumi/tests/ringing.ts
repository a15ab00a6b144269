/** For each alarm, what was measured when it must ring, and what is nearest to it and must not ring. */

/** The values that each metric had in a period, by the metric's id; `metric` if the alarm has no metric math. */
export type Period = Readonly<Record<string, readonly number[]>>;

export interface Ringing {
  /** Each of these rings, and not before its last period. */
  readonly rings: readonly (readonly Period[])[];
  readonly quiet: readonly (readonly Period[])[];
}

const times = (number: number, period: Period): Period[] => Array.from({ length: number }, () => period);
const copies = (number: number, value: number): number[] => Array.from({ length: number }, () => value);
const one = (...values: number[]): Period => ({ metric: values });

/** Three bad periods of the last fifteen ring; two do not, nor three of sixteen. */
function threeOfFifteen(good: Period, ...bad: Period[]): Ringing {
  const spread = (bad: Period, later: number) => [
    bad,
    ...times(6, good),
    bad,
    ...times(6 + later, good),
    bad,
  ];
  return {
    rings: bad.map((bad) => spread(bad, 0)),
    quiet: [times(20, good), [bad[0] ?? good, bad[0] ?? good, ...times(13, good)], spread(bad[0] ?? good, 1)],
  };
}

const fault = threeOfFifteen(one(0, 0), one(0, 1));

/** `rings` in enough of the last periods, `quiet` in all of them. */
function lasting(needed: number, of: number, rings: Period, quiet: Period, ...otherQuiet: Period[]): Ringing {
  const between = of - needed;
  const tooFew =
    needed === 1
      ? []
      : [
          [...times(needed - 1, rings), ...times(between + 1, quiet)],
          [rings, ...times(between + 1, quiet), ...times(needed - 1, rings)],
        ];
  return {
    rings: [needed === 1 ? [quiet, rings] : [rings, ...times(between, quiet), ...times(needed - 1, rings)]],
    quiet: [...[quiet, ...otherQuiet].map((period) => times(of + 1, period)), ...tooFew],
  };
}

/** Of 100 likes, more than half are missing, or half of them. */
const uncounted = (of: number): Ringing => {
  const accepted = copies(100, 1);
  const all = { accepted, counted: [20], duplicates: [20], quarantined: [10] };
  const cases = lasting(3, of, { ...all, counted: [19] }, all, { accepted, counted: [60] }, { counted: [5] });
  return { ...cases, rings: [...cases.rings, times(3, { accepted })] };
};

const some = [0, 1];

export const RINGING: Record<string, Ringing> = {
  "ingest-errors": fault,
  "ingest-throttles": fault,
  "get-errors": fault,
  "get-throttles": fault,
  // Of a thousand requests, eleven or ten.
  "api-failures": threeOfFifteen(
    one(...copies(10, 1), ...copies(990, 0)),
    one(...copies(11, 1), ...copies(989, 0)),
  ),
  "api-throttles": fault,
  // Of a hundred attempts, twenty or more.
  "stream-full": threeOfFifteen(
    { throttled: copies(20, 1), incoming: copies(80, 1) },
    { throttled: copies(21, 1), incoming: copies(79, 1) },
    { throttled: [1] },
  ),
  "counts-unreadable": threeOfFifteen({}, { throttles: some }, { errors: some }),
  // The slowest of two hundred is not a hundredth of them.
  "api-slow": threeOfFifteen(one(60_000, ...copies(199, 3000)), one(3001, 3001, ...copies(98, 20))),
  "update-errors": fault,
  "update-throttles": fault,
  "update-slow": threeOfFifteen(one(...copies(2, 50_000)), one(20, 50_001)),
  unfinished: fault,
  "counting-late": lasting(3, 5, one(300_001, 7), one(...copies(2, 300_000))),
  "likes-uncounted": uncounted(6),
  "likes-uncounted-for-hours": uncounted(24),
  "tables-throttled": threeOfFifteen({}, { ledger: some }, { counts: some }, { lookups: some }),
  "tables-failing": threeOfFifteen({}, { ledger: some }, { counts: some }, { lookups: some }),
  // Half of a week.
  "counting-stalled": lasting(1, 5, one(302_400_001, 7), one(...copies(2, 302_400_000))),
  "many-duplicates": lasting(
    3,
    3,
    { duplicates: copies(51, 1), counted: copies(49, 1) },
    { duplicates: copies(50, 1), counted: copies(50, 1) },
    { counted: [5] },
  ),
  "records-discarded": lasting(1, 5, one(0, 1), one(0, 0)),
  "records-dropped": lasting(1, 5, one(0, 1), one(0, 0)),
  quarantine: lasting(1, 5, one(0, 1), one(0, 0)),
  "archive-late": lasting(2, 2, one(1801, 7), one(1800, 1800)),
  "archive-behind": lasting(2, 2, one(1_800_001, 7), one(...copies(2, 1_800_000))),
  "likes-unarchived": lasting(
    3,
    6,
    { incoming: copies(100, 1), delivered: [49] },
    { incoming: copies(100, 1), delivered: [50] },
    { delivered: [5] },
  ),
};
