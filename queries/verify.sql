-- The likes of each movie in the archive: the twin of `likesctl verify`, for an archive that outgrows one machine.
-- It asks for one parameter, a time such as '2026-11-23T05:00:00.000Z': likes that were clicked later are told apart,
-- since they may still be on their way to the counts. Give the results to: likesctl verify --survey FILE.
-- The row without a movie tells how many lines of the archive hold no like.
--
-- The table `likes` has the archive's lines as they are. What follows reads them as the handlers do: `found` has the
-- fields of each line, null where they are not of their form. One difference is left: of an event that has a field
-- twice, which no producer of ours writes and UpdateCount quarantines, one of the two is taken here.
WITH parsed AS (
  SELECT try(json_parse(CASE WHEN regexp_like(line, '^[ \t]*\{') THEN line END)) AS event
  FROM likes
  WHERE NOT regexp_like(line, '^\s*$')
),
found AS (
  SELECT
    json_format(json_extract(event, '$.version')) AS version,
    lower(nullif(regexp_extract(json_format(json_extract(event, '$.likeId')),
      '^"([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12})"$', 1), '')) AS like_id,
    nullif(regexp_extract(json_format(json_extract(event, '$.movieId')),
      '^"([A-Za-z0-9][A-Za-z0-9_-]{0,63})"$', 1), '') AS movie_id,
    coalesce(json_format(json_extract(event, '$.userId')), 'null') = 'null' AS anonymous,
    nullif(regexp_extract(json_format(json_extract(event, '$.userId')),
      '^"([A-Za-z0-9][A-Za-z0-9_.@-]{0,127})"$', 1), '') AS user_id
  FROM parsed
),
judged AS (
  SELECT
    found.*,
    coalesce(version = '1' AND like_id IS NOT NULL AND movie_id IS NOT NULL
      AND (anonymous OR user_id IS NOT NULL), false) AS is_like
  FROM found
),
parameters AS (
  SELECT ? AS settled
),
copies AS (
  SELECT
    CASE WHEN is_like THEN movie_id END AS movie_id,
    CASE WHEN is_like THEN coalesce('user#' || user_id, like_id) END AS identity,
    -- The first 48 bits of a UUIDv7 are milliseconds since 1970.
    CASE WHEN is_like THEN from_base(replace(substr(like_id, 1, 13), '-', ''), 16)
      > date_diff('millisecond', from_unixtime(0), from_iso8601_timestamp(settled)) END AS young
  FROM judged CROSS JOIN parameters
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
