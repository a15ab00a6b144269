/** The credentials that requests to a local stack's AWS must be signed with. */
import { randomBytes } from "node:crypto";
import { StackError } from "./stackError";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** AWS's own pattern: https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html */
const ACCESS_KEY_ID = /^\w{1,128}$/;

/** The emulator treats such a key as an account ID. */
const ACCOUNT = /^\d{12}$/;

/**
 * Random credentials, or those that the environment sets for a proxy that has to know them.
 *
 * @throws StackError if only one is set, or if the key cannot be used.
 */
export function newCredentials(environment = process.env): Credentials {
  const { LIKES_ACCESS_KEY_ID: accessKeyId, LIKES_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (!accessKeyId && !secretAccessKey) {
    return {
      accessKeyId: `LIKES${randomBytes(10).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
    };
  }
  if (!accessKeyId || !secretAccessKey) {
    throw new StackError("set both LIKES_ACCESS_KEY_ID and LIKES_SECRET_ACCESS_KEY, or neither");
  }
  if (!ACCESS_KEY_ID.test(accessKeyId) || ACCOUNT.test(accessKeyId)) {
    throw new StackError(
      "LIKES_ACCESS_KEY_ID must consist of letters, digits and underscores, and must not be a 12-digit account ID",
    );
  }
  return { accessKeyId, secretAccessKey };
}
