import assert from "node:assert/strict";
import { test } from "node:test";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Call, judge } from "./judge";

const HOST = "127.0.0.1:4566";
const OURS = { accessKeyId: "LIKESAB12", secretAccessKey: "secret" };
const NOW = new Date("2026-11-23T12:00:00Z");
const API = "/restapis/likes/v1/_user_request_/likes?movieId=a";

function call(given: Partial<Call> = {}): Call {
  return { method: "POST", url: "/", headers: { host: HOST }, body: async () => new Uint8Array(), ...given };
}

/** A call signed the way an AWS client signs it. */
async function signed(
  credentials = OURS,
  { service = "dynamodb", path = "/", query = {}, body = "{}", at = NOW } = {},
): Promise<Call> {
  const signer = new SignatureV4({
    credentials,
    region: "us-east-1",
    service,
    sha256: Sha256Node,
    uriEscapePath: service !== "s3",
    applyChecksum: service === "s3",
  });
  const request = {
    method: "POST",
    protocol: "http:",
    hostname: "",
    path,
    query,
    headers: { host: HOST },
    body,
  };
  const { headers } = await signer.sign(request, { signingDate: at });
  const url = `${path}?${new URLSearchParams(query)}`.replaceAll("+", "%20").replace(/\?$/, "");
  return call({ url, headers, body: async () => Buffer.from(body) });
}

async function verdictOf(of: Call): Promise<string> {
  const verdict = await judge(of, OURS, NOW);
  return "rejected" in verdict ? verdict.rejected.code : verdict.admitted;
}

test("anyone may call the API, from any web page", async () => {
  assert.equal(await verdictOf(call({ url: API })), "api");
  const headers = { host: HOST, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal(await verdictOf(call({ url: API, headers })), "api");
});

test("no web page may call AWS, however it signs the request", async () => {
  const good = await signed();
  for (const page of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:4580" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-origin" },
  ]) {
    for (const one of [good, call(), call({ method: "OPTIONS" }), call({ url: "/_ministack/reset" })]) {
      assert.equal(await verdictOf({ ...one, headers: { ...one.headers, ...page } }), "AccessDenied");
    }
  }
});

test("requests for any other host name are rejected, which prevents DNS rebinding", async () => {
  for (const host of [
    "evil.example",
    "evil.example:4566",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    undefined,
  ]) {
    for (const one of [await signed(), call({ url: API })]) {
      assert.equal(await verdictOf({ ...one, headers: { ...one.headers, host } }), "AccessDenied");
    }
  }
  for (const host of ["127.0.0.1:4566", "localhost:4566"]) {
    assert.equal(await verdictOf(call({ url: API, headers: { host } })), "api");
  }
});

test("the API is not served on subdomains, where the emulator has other services", async () => {
  const headers = { host: "bucket.s3.localhost:4566" };
  assert.equal(await verdictOf(call({ url: API, headers })), "MissingAuthenticationToken");
});

test("requests that AWS clients sign with the stack's credentials are admitted", async () => {
  assert.equal(await verdictOf(await signed()), "aws");
  assert.equal(
    await verdictOf(await signed(OURS, { service: "s3", path: "/bucket/a%20b/c", body: "data" })),
    "aws",
  );
  assert.equal(
    await verdictOf(
      await signed(OURS, {
        service: "lambda",
        path: "/2015-03-31/functions/arn%3Aaws/x",
        query: { Qualifier: "a b+c" },
      }),
    ),
    "aws",
  );
});

test("a wrong secret, a changed body, path or query, and an expired signature are rejected", async () => {
  const secretAccessKey = "guessed";
  assert.equal(await verdictOf(await signed({ ...OURS, secretAccessKey })), "SignatureDoesNotMatch");
  const good = await signed();
  for (const change of [
    { body: async () => Buffer.from("{!}") },
    { url: "/other" },
    { url: "/?a=b" },
    { method: "PUT" },
  ]) {
    assert.equal(await verdictOf({ ...good, ...change }), "SignatureDoesNotMatch");
  }
  assert.equal(
    await verdictOf(await signed(OURS, { at: new Date("2026-11-23T11:44:59Z") })),
    "RequestExpired",
  );
  const { "x-amz-date": _, ...undated } = good.headers;
  assert.equal(await verdictOf({ ...good, headers: undated }), "RequestExpired");
});

test("requests with a root key of the emulator, or without a key, are rejected", async () => {
  for (const accessKeyId of ["test", "000000000000"]) {
    assert.equal(
      await verdictOf(await signed({ accessKeyId, secretAccessKey: "test" })),
      "InvalidClientTokenId",
    );
  }
  const good = await signed();
  for (const one of [
    call(),
    call({ method: "POST", url: "/_ministack/reset" }),
    call({ url: `/?X-Amz-Credential=test/20261123/us-east-1/iam/aws4_request` }),
    call({ url: "/?AWSAccessKeyId=test" }),
    call({ url: "//" }),
    { ...good, url: "/?X-Amz-Credential=test" },
    {
      ...good,
      headers: { ...good.headers, authorization: `${good.headers.authorization}, Credential=test/x` },
    },
    { ...good, headers: { ...good.headers, authorization: "AWS test:x" } },
  ]) {
    assert.equal(await verdictOf(one), "MissingAuthenticationToken");
  }
});

test("a role's session is passed to the emulator, which checks its signature", async () => {
  assert.equal(await verdictOf(await signed({ accessKeyId: "ASIAXYZ", secretAccessKey: "x" })), "aws");
});

test("anyone may read the emulator's health", async () => {
  assert.equal(await verdictOf(call({ method: "GET", url: "/_ministack/health" })), "aws");
  assert.equal(
    await verdictOf(call({ method: "POST", url: "/_ministack/health" })),
    "MissingAuthenticationToken",
  );
});
