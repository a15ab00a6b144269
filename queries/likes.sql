-- The likes in the archive: a row for each line that is not blank, an empty one when the line holds no like.
-- To query them, put this in front: WITH likes AS ( ... ). With a condition on `day`, Athena reads those days only.
--
-- A line holds a like when UpdateCount reads one in it (LikeEvent::decode_lines); both are tested with records.json.
-- They differ in what nobody writes: UpdateCount refuses a field that stands twice and a field's name that is not UTF-8,
-- Athena half of a surrogate pair in a field that is ignored. And Athena skips a byte order mark at an object's start.
WITH events AS (
  SELECT day, try(json_parse(line)) AS event
  FROM lines
  WHERE regexp_like(line, '[^ \t\f]')
),
valid AS (
  SELECT
    day,
    -- The quotes tell a text from a number.
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
    json_extract_scalar(event, '$.userId') AS user_id
  FROM valid
)
SELECT
  day,
  like_id,
  movie_id,
  user_id,
  -- The first 48 bits of a UUIDv7 are milliseconds since 1970. 1e3 is a double: a decimal would keep one decimal place.
  from_unixtime(from_base(replace(substr(like_id, 1, 13), '-', ''), 16) / 1e3) AS liked_at
FROM fields
