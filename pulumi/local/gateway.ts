/**
 * Who may call the emulator.
 *
 * By itself it lets everybody in: every web page, by `Access-Control-Allow-Origin: *` and a reset without credentials, and
 * whoever names a root key, whose signature it does not check.
 */
import { timingSafeEqual } from "node:crypto";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "./credentials";

/** A request to the emulator. */
export interface Call {
  readonly method: string;
  /** As it was sent, with its query. */
  readonly url: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: () => Promise<Uint8Array>;
}

/** Why a call is refused, in AWS's words where it has some. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What is let in: a call of the API, which anybody may make, or one of AWS. */
export type Verdict = { readonly admitted: "api" | "aws" } | { readonly refused: Refusal };

const API = /^\/restapis\/\w+\/\w+\/_user_request_(?:[/?]|$)/;
const HEALTH = "/_ministack/health";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html */
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=(?<key>\w+)\/(?<date>\d{8})\/(?<region>[\w-]+)\/(?<service>[\w-]+)\/aws4_request, *SignedHeaders=(?<names>[\w:;-]+), *Signature=(?<signature>[0-9a-f]{64})$/;

/** How far the clocks of two machines may be apart, as AWS allows. */
const CLOCKS_APART_MS = 15 * 60_000;

const refused = (code: string, message: string): Verdict => ({ refused: { code, message } });

/** Decides about a call. */
export async function judge(call: Call, credentials: Credentials, now = new Date()): Promise<Verdict> {
  const { method, url, headers } = call;
  if (!isThisMachine(headers.host)) {
    return refused("AccessDenied", "the local stack is at 127.0.0.1 and localhost, and under no other name");
  }
  // At its subdomains the emulator has other services.
  if (API.test(url) && !headers.host?.includes(".localhost")) {
    return { admitted: "api" };
  }
  if (headers.origin !== undefined || !["none", undefined].includes(headers["sec-fetch-site"] as string)) {
    return refused("AccessDenied", "web pages may call the API, and nothing else of the local stack");
  }
  if (method === "GET" && url === HEALTH) {
    return { admitted: "aws" };
  }
  return judgeSignature(call, credentials, now);
}

/** Decides by the signature: that of the stack's credentials is checked here, those of roles by the emulator. */
async function judgeSignature(call: Call, credentials: Credentials, now: Date): Promise<Verdict> {
  const { pathname, query } = split(call.url);
  const found = AUTHORIZATION.exec(String(call.headers.authorization ?? ""))?.groups;
  const inQuery = Object.keys(query).some((name) => /^(x-amz-credential|awsaccesskeyid)$/i.test(name));
  if (!found || inQuery) {
    return refused(
      "MissingAuthenticationToken",
      "sign the request, by SigV4 in the header Authorization, with accessKeyId and secretAccessKey of the stack's outputs",
    );
  }
  const { key = "", region = "", service = "", names = "", signature = "" } = found;
  if (key !== credentials.accessKeyId) {
    return isRoot(key)
      ? refused("InvalidClientTokenId", `the access key ${key} is not the stack's; its outputs name it`)
      : { admitted: "aws" };
  }
  const signingDate = dateOf(call.headers["x-amz-date"]);
  if (!(Math.abs(signingDate.getTime() - now.getTime()) <= CLOCKS_APART_MS)) {
    return refused("RequestExpired", "the request was not signed within the last 15 minutes");
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
    // HTTP/2's name of the host.
    (signed.has("host") || signed.has(":authority")) &&
    given.length === signature.length &&
    timingSafeEqual(Buffer.from(given), Buffer.from(signature));
  return isSigned
    ? { admitted: "aws" }
    : refused(
        "SignatureDoesNotMatch",
        "the signature is not that of secretAccessKey; the stack's outputs hold it, and it is new at each start",
      );
}

/** Whether a host is a name of this machine that no other can have. */
function isThisMachine(host: unknown): boolean {
  return /^(127\.0\.0\.1|([\w-]+\.)*localhost)(:\d+)?$/.test(String(host));
}

/** Whether the emulator takes a key for one of root's. */
function isRoot(key: string): boolean {
  return key === "test" || /^\d{12}$/.test(key);
}

/** The time of the form 20261123T205800Z; an invalid one of any other. */
function dateOf(text: unknown): Date {
  return new Date(String(text).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** A path as it was sent, and the query's members, decoded. */
function split(url: string): { pathname: string; query: Record<string, string | string[]> } {
  const [pathname = "", text = ""] = url.split(/\?(.*)/s, 2);
  const query: Record<string, string[]> = {};
  // Unlike in a form, a plus is a plus.
  for (const [name, value] of new URLSearchParams(text.replaceAll("+", "%2B"))) {
    query[name] = [...(query[name] ?? []), value];
  }
  return { pathname, query };
}
