-- The likes in the archive: one row for each line, blank lines excepted. A line without a like has only a day.
-- To query the likes, start a query with WITH likes AS ( this one ). With a condition on day, Athena reads only those days.
--
-- The query finds the likes that UpdateCount finds (LikeEvent::decode_lines); records.json tests both. They differ only in
-- lines that no known producer writes: UpdateCount rejects duplicate fields and field names that are not UTF-8; Athena
-- rejects half a surrogate pair in an unknown field, and skips a byte order mark at the start of an object.
WITH events AS (
  SELECT day, try(json_parse(line)) AS event
  FROM lines
  WHERE regexp_like(line, '[^ \t\f]')
),
valid AS (
  SELECT
    day,
    -- The quotes distinguish a string from a number.
    CASE
      WHEN json_format(json_extract(event, '$.version')) = '1'
        AND regexp_like(
          json_format(json_extract(event, '$.likeId')),
          '^"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"$'
        )
        AND regexp_like(
          json_format(json_extract(event, '$.movieId')),
          '^"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"$'
        )
        AND regexp_like(
          coalesce(json_format(json_extract(event, '$.userId')), 'null'),
          '^(null|"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}")$'
        )
      THEN event
    END AS event
  FROM events
),
fields AS (
  SELECT
    day,
    lower(json_extract_scalar(event, '$.likeId')) AS like_id,
    json_extract_scalar(event, '$.movieId') AS movie_id,
    json_extract_scalar(event, '$.userId') AS user_id,
    -- The trace of the request that published the line, which is no part of the like: docs/tracing.md. Anything else is none.
    regexp_extract(
      json_format(json_extract(event, '$.traceparent')),
      '^"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f][13579bdf]"$',
      1
    ) AS trace_id
  FROM valid
)
SELECT
  day,
  like_id,
  movie_id,
  user_id,
  -- The first 48 bits of a UUIDv7 are milliseconds since 1970. 1e3 is a double; with a decimal, only one place would remain.
  from_unixtime(from_base(replace(substr(like_id, 1, 13), '-', ''), 16) / 1e3) AS liked_at,
  trace_id
FROM fields
