/** The credentials of a local stack: whoever calls its AWS has to sign with them. */
import { randomBytes } from "node:crypto";
import { StackError } from "./stackError";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** As AWS's are: https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html */
const ACCESS_KEY_ID = /^\w{1,128}$/;

/** The emulator takes such a key for an account's number. */
const ACCOUNT = /^\d{12}$/;

/**
 * New credentials, or those that the environment names for a proxy that has to know them.
 *
 * @throws StackError if it names one without the other, or one that cannot be used.
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
    throw new StackError("LIKES_ACCESS_KEY_ID must be letters, digits and _, and no account's number");
  }
  return { accessKeyId, secretAccessKey };
}
