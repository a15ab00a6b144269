/**
 * Decides which requests may reach the emulator.
 *
 * On its own the emulator is open to everyone: it answers every web page with `Access-Control-Allow-Origin: *`, resets
 * without credentials, and accepts root keys without checking their signatures.
 */
import { timingSafeEqual } from "node:crypto";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "../credentials";

/** A request to the emulator. */
export interface Call {
  readonly method: string;
  /** As sent, with the query. */
  readonly url: string;
  /** Keyed by name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: () => Promise<Uint8Array>;
}

/** Why a call is rejected; the code is one of AWS's own. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

/** Admitted as a call to the API, which anyone may make, or to AWS; or rejected. */
export type Verdict = { readonly admitted: "api" | "aws" } | { readonly rejected: Rejection };

const API = /^\/restapis\/\w+\/\w+\/_user_request_(?:[/?]|$)/;
const HEALTH = "/_ministack/health";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html */
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=(?<key>\w+)\/(?<date>\d{8})\/(?<region>[\w-]+)\/(?<service>[\w-]+)\/aws4_request, *SignedHeaders=(?<names>[\w:;-]+), *Signature=(?<signature>[0-9a-f]{64})$/;

/** The clock skew that AWS allows. */
const MAX_CLOCK_SKEW_MS = 15 * 60_000;

const rejected = (code: string, message: string): Verdict => ({ rejected: { code, message } });

/** Decides whether to admit a call. */
export async function judge(call: Call, credentials: Credentials, now = new Date()): Promise<Verdict> {
  const { method, url, headers } = call;
  if (!isThisMachine(headers.host)) {
    return rejected("AccessDenied", "the local stack answers only at 127.0.0.1 and localhost");
  }
  // The emulator serves other services on subdomains.
  if (API.test(url) && !headers.host?.includes(".localhost")) {
    return { admitted: "api" };
  }
  if (headers.origin !== undefined || !["none", undefined].includes(headers["sec-fetch-site"] as string)) {
    return rejected("AccessDenied", "web pages may call only the API of the local stack");
  }
  if (method === "GET" && url === HEALTH) {
    return { admitted: "aws" };
  }
  return judgeSignature(call, credentials, now);
}

/** Checks the signature if the stack's credentials made it; the emulator checks those of roles. */
async function judgeSignature(call: Call, credentials: Credentials, now: Date): Promise<Verdict> {
  const { pathname, query } = split(call.url);
  const found = AUTHORIZATION.exec(String(call.headers.authorization ?? ""))?.groups;
  const inQuery = Object.keys(query).some((name) => /^(x-amz-credential|awsaccesskeyid)$/i.test(name));
  if (!found || inQuery) {
    return rejected(
      "MissingAuthenticationToken",
      "sign the request with SigV4 in the Authorization header, using accessKeyId and secretAccessKey from the stack's outputs",
    );
  }
  const { key = "", region = "", service = "", names = "", signature = "" } = found;
  if (key !== credentials.accessKeyId) {
    return isRoot(key)
      ? rejected(
          "InvalidClientTokenId",
          `the access key ${key} is not the stack's; see accessKeyId in its outputs`,
        )
      : { admitted: "aws" };
  }
  const signingDate = dateOf(call.headers["x-amz-date"]);
  if (!(Math.abs(signingDate.getTime() - now.getTime()) <= MAX_CLOCK_SKEW_MS)) {
    return rejected("RequestExpired", "the time of the signature is more than 15 minutes off");
  }
  const signed = new Set(names.split(";"));
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256Node,
    uriEscapePath: service !== "s3",
    applyChecksum: false,
  });
  const expected = await signer.sign(
    {
      method: call.method,
      protocol: "http:",
      hostname: "",
      path: pathname,
      query,
      headers: Object.fromEntries(
        Object.entries(call.headers)
          .filter(([name]) => signed.has(name))
          .map(([name, value]) => [name, [value].flat().join(",")]),
      ),
      body: await call.body(),
    },
    { signingDate, signableHeaders: signed },
  );
  const given = expected.headers.authorization?.split("Signature=")[1] ?? "";
  const isSigned =
    // HTTP/2's equivalent of the Host header.
    (signed.has("host") || signed.has(":authority")) &&
    given.length === signature.length &&
    timingSafeEqual(Buffer.from(given), Buffer.from(signature));
  return isSigned
    ? { admitted: "aws" }
    : rejected(
        "SignatureDoesNotMatch",
        "the signature does not match secretAccessKey; read it from the stack's outputs, as it changes at each start",
      );
}

/** Whether a host name can only ever mean this machine. */
function isThisMachine(host: unknown): boolean {
  return /^(127\.0\.0\.1|([\w-]+\.)*localhost)(:\d+)?$/.test(String(host));
}

/** Whether the emulator treats a key as a root key. */
function isRoot(key: string): boolean {
  return key === "test" || /^\d{12}$/.test(key);
}

/** Parses a time such as 20261123T205800Z; anything else gives an invalid date. */
function dateOf(text: unknown): Date {
  return new Date(String(text).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** The path as sent, and the query's parameters, decoded. */
function split(url: string): { pathname: string; query: Record<string, string | string[]> } {
  const [pathname = "", text = ""] = url.split(/\?(.*)/s, 2);
  const query: Record<string, string[]> = {};
  // Unlike in a form, a plus is a plus.
  for (const [name, value] of new URLSearchParams(text.replaceAll("+", "%2B"))) {
    query[name] = [...(query[name] ?? []), value];
  }
  return { pathname, query };
}
