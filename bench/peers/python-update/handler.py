"""Adds every like of a batch to its movie's count, as a lab would with boto3.

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


def count(movie_id):
    dynamodb.update_item(
        TableName=COUNTS_TABLE,
        Key={"movieId": {"S": movie_id}},
        UpdateExpression="ADD likes :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def handler(event, context):
    """Counts up to the first failure. Lambda delivers again from there."""
    counted = 0
    for record in event["Records"]:
        movie_id = movie_of(record)
        if movie_id is None:
            continue
        try:
            count(movie_id)
        except (BotoCoreError, ClientError):
            sequence_number = record["kinesis"]["sequenceNumber"]
            logger.exception("record %s was not counted", sequence_number)
            return {"batchItemFailures": [{"itemIdentifier": sequence_number}]}
        counted += 1
    logger.info("counted %d likes of %d records", counted, len(event["Records"]))
    return {"batchItemFailures": []}
