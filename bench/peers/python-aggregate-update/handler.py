"""Adds the likes of a batch to their movies' counts, one write a movie, with boto3.

It counts a like again whenever its record is delivered again.
"""

import base64
import json
import logging
import os

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger()
logger.setLevel(logging.INFO)

COUNTS_TABLE = os.environ["COUNTS_TABLE"]

dynamodb = boto3.client(
    "dynamodb",
    config=Config(
        connect_timeout=2,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
    ),
)


def movie_of(record):
    """The movie that a record's like is for; None if it is not a like."""
    try:
        like = json.loads(base64.b64decode(record["kinesis"]["data"]))
        if not isinstance(like["movieId"], str):
            raise TypeError("movieId is not a string")
        return like["movieId"]
    except (ValueError, KeyError, TypeError):
        sequence_number = record["kinesis"]["sequenceNumber"]
        logger.exception("record %s is not a like", sequence_number)
        return None


def by_movie(records):
    """The sequence numbers of each movie's likes, in order."""
    movies = {}
    for record in records:
        movie_id = movie_of(record)
        if movie_id is not None:
            sequence_number = record["kinesis"]["sequenceNumber"]
            movies.setdefault(movie_id, []).append(sequence_number)
    return movies


def count(movie_id, likes):
    dynamodb.update_item(
        TableName=COUNTS_TABLE,
        Key={"movieId": {"S": movie_id}},
        UpdateExpression="ADD likes :likes",
        ExpressionAttributeValues={":likes": {"N": str(likes)}},
    )


def handler(event, context):
    """Reports the records of movies that were not counted. Lambda delivers again
    from the first of them on, so likes of other movies behind it count twice."""
    movies = by_movie(event["Records"])
    failures = []
    for movie_id, sequence_numbers in movies.items():
        try:
            count(movie_id, len(sequence_numbers))
        except (BotoCoreError, ClientError):
            logger.exception("likes of movie %s were not counted", movie_id)
            failures += sequence_numbers
    counted = sum(map(len, movies.values())) - len(failures)
    logger.info("counted %d likes of %d records", counted, len(event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failures]}
