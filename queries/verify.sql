-- The likes of each movie in the archive: the twin of `likesctl verify`, for an archive that outgrows one machine.
-- It asks for one parameter, a time such as '2026-11-23T05:00:00.000Z': likes that were clicked later are told apart,
-- since they may still be on their way to the counts. Give the results to: likesctl verify --survey FILE.
-- The row without a movie tells how many lines of the archive hold no like.
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
