"""Counts each like once, by Powertools' batch processor and its idempotency."""

import os

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import (
    KinesisStreamRecord,
)
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from botocore.config import Config

COUNTS_TABLE = os.environ["COUNTS_TABLE"]

logger = Logger(service="update-count")
dynamodb = boto3.client(
    "dynamodb",
    config=Config(
        connect_timeout=2,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
    ),
)
processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
persistence = DynamoDBPersistenceLayer(
    table_name=os.environ["IDEMPOTENCY_TABLE"], boto3_client=dynamodb
)
# As long as Likestream's ledger remembers a like without a user.
config = IdempotencyConfig(expires_after_seconds=30 * 24 * 60 * 60)


def key_of(like):
    """The like's identity: a user likes a movie once."""
    if "userId" in like:
        return f"{like['movieId']}#user#{like['userId']}"
    return f"{like['movieId']}#{like['likeId']}"


@idempotent_function(
    data_keyword_argument="key", persistence_store=persistence, config=config
)
def count(key, movie_id):
    dynamodb.update_item(
        TableName=COUNTS_TABLE,
        Key={"movieId": {"S": movie_id}},
        UpdateExpression="ADD likes :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def record_handler(record: KinesisStreamRecord):
    try:
        like = record.kinesis.data_as_json()
        key, movie_id = key_of(like), like["movieId"]
        if not isinstance(movie_id, str):
            raise TypeError("movieId is not a string")
    except (ValueError, KeyError, TypeError):
        sequence_number = record.kinesis.sequence_number
        logger.exception("not a like", sequence_number=sequence_number)
        return
    count(key=key, movie_id=movie_id)


def handler(event, context):
    config.register_lambda_context(context)
    response = process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
    failed = len(response["batchItemFailures"])
    logger.info("processed", records=len(event["Records"]), failed=failed)
    return response
