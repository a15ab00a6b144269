// Counts each like once, by Powertools' batch processor and its idempotency.
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { IdempotencyConfig, makeIdempotent } from "@aws-lambda-powertools/idempotency";
import { DynamoDBPersistenceLayer } from "@aws-lambda-powertools/idempotency/dynamodb";
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

const { COUNTS_TABLE, IDEMPOTENCY_TABLE } = process.env;

// Without timeouts: the SDK would count the time that a call waits for one of its 50 connections, and all of a large batch's
// calls are made at once.
const dynamodb = new DynamoDBClient({ maxAttempts: 3 });
const processor = new BatchProcessor(EventType.KinesisDataStreams);
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: IDEMPOTENCY_TABLE,
  awsSdkV3Client: dynamodb,
});
// As long as Likestream's ledger remembers a like without a user.
const config = new IdempotencyConfig({ expiresAfterSeconds: 30 * 24 * 60 * 60 });

/** The like's identity: a user likes a movie once. */
function keyOf({ movieId, userId, likeId }) {
  return userId === undefined ? `${movieId}#${likeId}` : `${movieId}#user#${userId}`;
}

/** The like of a record; undefined if it is not one. */
function likeOf({ data, sequenceNumber }) {
  try {
    const like = JSON.parse(Buffer.from(data, "base64").toString());
    if (typeof like.movieId !== "string") throw new TypeError("movieId is not a string");
    return like;
  } catch (error) {
    console.error(`record ${sequenceNumber} is not a like`, error);
    return undefined;
  }
}

const count = makeIdempotent(
  async (_key, movieId) => {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: COUNTS_TABLE,
        Key: { movieId: { S: movieId } },
        UpdateExpression: "ADD likes :one",
        ExpressionAttributeValues: { ":one": { N: "1" } },
      }),
    );
  },
  { persistenceStore, config, dataIndexArgument: 0 },
);

async function recordHandler({ kinesis }) {
  const like = likeOf(kinesis);
  if (like) await count(keyOf(like), like.movieId);
}

export async function handler(event, context) {
  config.registerLambdaContext(context);
  const response = await processPartialResponse(event, recordHandler, processor, { context });
  console.info(`processed ${event.Records.length} records, ${response.batchItemFailures.length} failed`);
  return response;
}
