"""Publishes a like to Kinesis, as a lab would write IngestLike with boto3."""

import json
import logging
import os
import re
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger()
logger.setLevel(logging.INFO)

STREAM_NAME = os.environ["STREAM_NAME"]
ORIGINS = [origin.strip() for origin in os.environ["CORS_ORIGINS"].split(",")]
MAX_BODY_BYTES = 4096
MOVIE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}")
UUID_V7 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
OLDEST_KEY_MS = 24 * 60 * 60 * 1000
NEWEST_KEY_MS = 5 * 60 * 1000

kinesis = boto3.client(
    "kinesis",
    config=Config(
        connect_timeout=2,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
    ),
)


class Rejected(Exception):
    """The request is answered with this status."""

    def __init__(self, status, detail):
        super().__init__(detail)
        self.status = status


def new_like_id(now_ms):
    """A UUIDv7: the time, then 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    value = (
        now_ms << 80
        | 0x7 << 76
        | (random >> 64 & 0xFFF) << 64
        | 0b10 << 62
        | random & (1 << 62) - 1
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def published_at(like_id):
    return int(like_id[:8] + like_id[9:13], 16)


def read_like(headers, body, now_ms):
    """Validates a request, and returns the like's event."""
    content_type = headers.get("content-type") or ""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Rejected(415, "the body must be application/json")
    if len(body.encode()) > MAX_BODY_BYTES:
        raise Rejected(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise Rejected(400, f"the body is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise Rejected(400, "the body must be a JSON object")
    unknown = fields.keys() - {"movieId", "userId"}
    if unknown:
        raise Rejected(400, f"the body has unknown fields: {sorted(unknown)}")
    movie_id = fields.get("movieId")
    if not isinstance(movie_id, str) or not MOVIE_ID.fullmatch(movie_id):
        raise Rejected(400, "movieId is missing or malformed")
    like = {"movieId": movie_id}
    if "userId" in fields:
        user_id = fields["userId"]
        if not isinstance(user_id, str) or not USER_ID.fullmatch(user_id):
            raise Rejected(400, "userId is malformed")
        like["userId"] = user_id
    key = headers.get("idempotency-key")
    like_id = new_like_id(now_ms) if key is None else key.lower()
    if not UUID_V7.fullmatch(like_id):
        raise Rejected(400, "Idempotency-Key must be a UUIDv7")
    liked_at_ms = published_at(like_id)
    if not now_ms - OLDEST_KEY_MS <= liked_at_ms <= now_ms + NEWEST_KEY_MS:
        raise Rejected(400, "Idempotency-Key is too old or in the future")
    seconds, milliseconds = divmod(liked_at_ms, 1000)
    liked_at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return {
        "version": 1,
        "likeId": like_id,
        **like,
        "likedAt": f"{liked_at}.{milliseconds:03d}Z",
    }


def allowed_origin(headers):
    origin = headers.get("origin")
    return origin if origin in ORIGINS else ORIGINS[0]


def respond(headers, status, body, content_type="application/json"):
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": content_type,
            "Access-Control-Allow-Origin": allowed_origin(headers),
        },
        "body": json.dumps(body),
    }


def problem(headers, status, detail):
    body = {"type": "about:blank", "status": status, "detail": detail}
    return respond(headers, status, body, "application/problem+json")


def handler(event, context):
    headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
    try:
        like = read_like(headers, event["body"] or "", time.time_ns() // 1_000_000)
    except Rejected as rejected:
        logger.info("rejected with %d: %s", rejected.status, rejected)
        return problem(headers, rejected.status, str(rejected))
    try:
        kinesis.put_record(
            StreamName=STREAM_NAME,
            PartitionKey=like["likeId"],
            Data=json.dumps(like, separators=(",", ":")) + "\n",
        )
    except (BotoCoreError, ClientError):
        logger.exception("like %s was not published", like["likeId"])
        detail = "the like could not be accepted in time; retry"
        return problem(headers, 503, detail)
    logger.info("accepted like %s", like["likeId"])
    accepted = {"likeId": like["likeId"], "movieId": like["movieId"]}
    return respond(headers, 202, accepted)
