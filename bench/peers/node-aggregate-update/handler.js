// Adds the likes of a batch to their movies' counts, one write a movie, with the AWS SDK for JavaScript v3. It counts a
// like again whenever its record is delivered again.
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

/** The sequence numbers of each movie's likes, in order. */
function byMovie(records) {
  const movies = new Map();
  for (const record of records) {
    const movieId = movieOf(record);
    if (movieId === undefined) continue;
    const { sequenceNumber } = record.kinesis;
    const sequenceNumbers = movies.get(movieId);
    if (sequenceNumbers) sequenceNumbers.push(sequenceNumber);
    else movies.set(movieId, [sequenceNumber]);
  }
  return movies;
}

async function count(movieId, likes) {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: COUNTS_TABLE,
      Key: { movieId: { S: movieId } },
      UpdateExpression: "ADD likes :likes",
      ExpressionAttributeValues: { ":likes": { N: String(likes) } },
    }),
  );
}

/**
 * Reports the records of movies that were not counted. Lambda delivers again from the first of them on, so likes of other
 * movies behind it count twice.
 */
export async function handler({ Records }) {
  const failures = [];
  let counted = 0;
  await Promise.all(
    Array.from(byMovie(Records), async ([movieId, sequenceNumbers]) => {
      try {
        await count(movieId, sequenceNumbers.length);
        counted += sequenceNumbers.length;
      } catch (error) {
        console.error(`likes of movie ${movieId} were not counted`, error);
        failures.push(...sequenceNumbers);
      }
    }),
  );
  console.info(`counted ${counted} likes of ${Records.length} records`);
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
}
