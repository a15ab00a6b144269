// Adds every like of a batch to its movie's count, as a lab would with the AWS SDK for JavaScript v3. It counts a like
// again whenever its record is delivered again.
import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

const { COUNTS_TABLE } = process.env;

const dynamodb = new DynamoDBClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 2000, throwOnRequestTimeout: true },
});

/** The movie that a record's like is for; undefined if it is not a like. */
function movieOf({ kinesis }) {
  try {
    const { movieId } = JSON.parse(Buffer.from(kinesis.data, "base64").toString());
    if (typeof movieId !== "string") throw new TypeError("movieId is not a string");
    return movieId;
  } catch (error) {
    console.error(`record ${kinesis.sequenceNumber} is not a like`, error);
    return undefined;
  }
}

async function count(movieId) {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: COUNTS_TABLE,
      Key: { movieId: { S: movieId } },
      UpdateExpression: "ADD likes :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
  );
}

/** Counts up to the first failure. Lambda delivers again from there. */
export async function handler({ Records }) {
  let counted = 0;
  for (const record of Records) {
    const movieId = movieOf(record);
    if (movieId === undefined) continue;
    try {
      await count(movieId);
    } catch (error) {
      const { sequenceNumber } = record.kinesis;
      console.error(`record ${sequenceNumber} was not counted`, error);
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
    counted += 1;
  }
  console.info(`counted ${counted} likes of ${Records.length} records`);
  return { batchItemFailures: [] };
}
