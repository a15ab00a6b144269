-- The likes of each movie in the archive: the twin of `likesctl verify`, for an archive that outgrows one machine.
-- It asks for one parameter, a time such as '2026-11-23T05:00:00.000Z': likes that were clicked later are told apart,
-- since they may still be on their way to the counts. Give the results to: likesctl verify --survey FILE.
-- The row without a movie tells how many lines of the archive hold no like.
WITH parameters AS (
  SELECT ? AS settled
),
copies AS (
  SELECT movie_id, coalesce('user#' || user_id, like_id) AS identity, liked_at > settled AS young
  FROM likes CROSS JOIN parameters
),
distinct_likes AS (
  SELECT movie_id, identity, count(*) AS lines, bool_and(young) AS young
  FROM copies
  GROUP BY movie_id, identity
)
SELECT
  movie_id,
  sum(lines) AS lines,
  count(*) FILTER (WHERE NOT young) AS archived,
  count(*) FILTER (WHERE young) AS young,
  max(settled) AS settled
FROM distinct_likes CROSS JOIN parameters
GROUP BY movie_id
ORDER BY movie_id
