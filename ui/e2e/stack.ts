/** A running stack, known only by its outputs. */
import * as fs from "node:fs";
import { DynamoDB } from "@aws-sdk/client-dynamodb";

interface Outputs {
  /** Undefined for a stack without a website. */
  readonly websiteUrl?: string;
  readonly likesUrl: string;
  readonly region: string;
  readonly countsTable: string;
  readonly endpointUrl?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

const file = process.env.LIKES_OUTPUTS;
if (!file) {
  throw new Error(
    "LIKES_OUTPUTS must name a file with a stack's outputs; run the tests with: ./justw test-e2e",
  );
}

export const outputs: Outputs = JSON.parse(fs.readFileSync(file, "utf8"));

const { region, endpointUrl, accessKeyId, secretAccessKey } = outputs;
const dynamodb = new DynamoDB({
  region,
  ...(endpointUrl && { endpoint: endpointUrl }),
  ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
});

/** A movie's count in DynamoDB: the sum of its cells. The movie's item says how many there are; the others are `movieId#1` and so on. */
export async function countInTable(movieId: string): Promise<number> {
  const { Item } = await dynamodb.getItem({
    TableName: outputs.countsTable,
    Key: { movieId: { S: movieId } },
    ConsistentRead: true,
  });
  const others = Array.from({ length: Number(Item?.cells?.N ?? 1) - 1 }, (_, index) => ({
    movieId: { S: `${movieId}#${index + 1}` },
  }));
  const cells = [Item];
  if (others.length > 0) {
    const { Responses } = await dynamodb.batchGetItem({
      RequestItems: { [outputs.countsTable]: { Keys: others, ConsistentRead: true } },
    });
    cells.push(...(Responses?.[outputs.countsTable] ?? []));
  }
  return cells.reduce((sum, cell) => sum + Number(cell?.likes?.N ?? 0), 0);
}
