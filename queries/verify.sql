-- The number of likes of each movie in the archive: the counterpart of `likesctl verify` for archives that are too large
-- for one machine. Its parameter is a time such as '2026-11-23T05:00:00.000Z'. Later likes are listed separately as young,
-- since they may not be counted yet. Pass the results to: likesctl verify --survey FILE.
-- The row without a movie has the number of lines without a like.
SELECT
  movie_id,
  sum(lines) AS lines,
  count(*) FILTER (WHERE NOT young) AS archived,
  count(*) FILTER (WHERE young) AS young,
  max(settled) AS settled
FROM (
  SELECT
    movie_id,
    coalesce('user#' || user_id, like_id) AS identity,
    count(*) AS lines,
    bool_and(liked_at > from_iso8601_timestamp(settled)) AS young,
    max(settled) AS settled
  FROM likes CROSS JOIN (SELECT ? AS settled) AS parameters
  GROUP BY 1, 2
) AS distinct_likes
GROUP BY movie_id
ORDER BY movie_id
