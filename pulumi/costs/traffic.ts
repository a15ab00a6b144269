/** What a stack has to do in a month. */
export interface Traffic {
  readonly likes: number;
  /** Likes a second, while likes arrive. */
  readonly rate: number;
  /** How many movies the likes are for, all equally popular. */
  readonly movies: number;
  /** The share of likes that name a user; the ledger keeps those for ever. */
  readonly userShare: number;
  readonly reads: number;
  readonly moviesPerRead: number;
  /** Visits to the web page. */
  readonly visits: number;
  /** Requests of browsers that ask whether a page may send likes. */
  readonly preflights: number;
  /** For how many months it has gone on. */
  readonly months: number;
}
