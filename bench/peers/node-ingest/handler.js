// Publishes a like to Kinesis, as a lab would write IngestLike with the AWS SDK for JavaScript v3.
import { randomBytes } from "node:crypto";
import { KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";

const { STREAM_NAME, CORS_ORIGINS } = process.env;
const ORIGINS = CORS_ORIGINS.split(",").map((origin) => origin.trim());
const MAX_BODY_BYTES = 4096;
const MOVIE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const USER_ID = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const OLDEST_KEY_MS = 24 * 60 * 60 * 1000;
const NEWEST_KEY_MS = 5 * 60 * 1000;

const kinesis = new KinesisClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 2000, throwOnRequestTimeout: true },
});

/** The request is answered with this status. */
class Rejected extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** A UUIDv7: the time, then 74 random bits. */
function newLikeId(now) {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function likedAt(likeId) {
  return Number.parseInt(likeId.slice(0, 8) + likeId.slice(9, 13), 16);
}

function parse(body) {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Rejected(400, `the body is not JSON: ${error.message}`);
  }
}

/** Validates a request, and returns the like's event. */
function readLike(headers, body, now) {
  if ((headers["content-type"] ?? "").split(";")[0].trim().toLowerCase() !== "application/json") {
    throw new Rejected(415, "the body must be application/json");
  }
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    throw new Rejected(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
  }
  const fields = parse(body);
  if (fields === null || typeof fields !== "object" || Array.isArray(fields)) {
    throw new Rejected(400, "the body must be a JSON object");
  }
  const { movieId, userId, ...unknown } = fields;
  if (Object.keys(unknown).length > 0) {
    throw new Rejected(400, `the body has unknown fields: ${Object.keys(unknown)}`);
  }
  if (typeof movieId !== "string" || !MOVIE_ID.test(movieId)) {
    throw new Rejected(400, "movieId is missing or malformed");
  }
  if (userId !== undefined && (typeof userId !== "string" || !USER_ID.test(userId))) {
    throw new Rejected(400, "userId is malformed");
  }
  const likeId = headers["idempotency-key"]?.toLowerCase() ?? newLikeId(now);
  if (!UUID_V7.test(likeId)) {
    throw new Rejected(400, "Idempotency-Key must be a UUIDv7");
  }
  const time = likedAt(likeId);
  if (time < now - OLDEST_KEY_MS || time > now + NEWEST_KEY_MS) {
    throw new Rejected(400, "Idempotency-Key is too old or in the future");
  }
  return { version: 1, likeId, movieId, userId, likedAt: new Date(time).toISOString() };
}

function allowedOrigin({ origin }) {
  return ORIGINS.includes(origin) ? origin : ORIGINS[0];
}

function respond(headers, statusCode, body, contentType = "application/json") {
  return {
    statusCode,
    headers: { "Content-Type": contentType, "Access-Control-Allow-Origin": allowedOrigin(headers) },
    body: JSON.stringify(body),
  };
}

function problem(headers, status, detail) {
  return respond(headers, status, { type: "about:blank", status, detail }, "application/problem+json");
}

export async function handler(event) {
  const headers = Object.fromEntries(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  let like;
  try {
    like = readLike(headers, event.body ?? "", Date.now());
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    console.info(`rejected with ${error.status}: ${error.message}`);
    return problem(headers, error.status, error.message);
  }
  const { likeId, movieId } = like;
  try {
    await kinesis.send(
      new PutRecordCommand({
        StreamName: STREAM_NAME,
        PartitionKey: likeId,
        Data: Buffer.from(`${JSON.stringify(like)}\n`),
      }),
    );
  } catch (error) {
    console.error(`like ${likeId} was not published`, error);
    return problem(headers, 503, "the like could not be accepted in time; retry");
  }
  console.info(`accepted like ${likeId}`);
  return respond(headers, 202, { likeId, movieId });
}
