import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { Sha256Node } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { newCredentials } from "./credentials";
import { type Call, judge } from "./gateway";
import { Turnstile } from "./turnstile";

const HOST = "127.0.0.1:4566";
const OURS = { accessKeyId: "LIKESAB12", secretAccessKey: "secret" };
const NOW = new Date("2026-11-23T12:00:00Z");
const API = "/restapis/likes/v1/_user_request_/likes?movieId=a";

function call(given: Partial<Call> = {}): Call {
  return { method: "POST", url: "/", headers: { host: HOST }, body: async () => new Uint8Array(), ...given };
}

/** A call as an AWS client signs it. */
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
  return "refused" in verdict ? verdict.refused.code : verdict.admitted;
}

test("the API may be called by anybody, and by every page", async () => {
  assert.equal(await verdictOf(call({ url: API })), "api");
  const headers = { host: HOST, origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assert.equal(await verdictOf(call({ url: API, headers })), "api");
});

test("no page may call AWS, whatever it signs with", async () => {
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

test("no other name of this machine is answered, so no name can be bound anew", async () => {
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

test("the API is at no subdomain, where the emulator has other services", async () => {
  const headers = { host: "bucket.s3.localhost:4566" };
  assert.equal(await verdictOf(call({ url: API, headers })), "MissingAuthenticationToken");
});

test("what is signed with the stack's credentials is let in, as any client signs it", async () => {
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

test("a wrong secret, another body, path or query, and an old signature are refused", async () => {
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

test("the keys that the emulator takes for root's are refused, and so is no key", async () => {
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

test("a role's session is left to the emulator, which checks its signature", async () => {
  assert.equal(await verdictOf(await signed({ accessKeyId: "ASIAXYZ", secretAccessKey: "x" })), "aws");
});

test("anybody may ask whether the emulator is well", async () => {
  assert.equal(await verdictOf(call({ method: "GET", url: "/_ministack/health" })), "aws");
  assert.equal(
    await verdictOf(call({ method: "POST", url: "/_ministack/health" })),
    "MissingAuthenticationToken",
  );
});

test("credentials are new each time, or the environment's", () => {
  const made = [newCredentials({}), newCredentials({})];
  assert.notEqual(made[0]?.accessKeyId, made[1]?.accessKeyId);
  assert.notEqual(made[0]?.secretAccessKey, made[1]?.secretAccessKey);
  const named = { LIKES_ACCESS_KEY_ID: "test", LIKES_SECRET_ACCESS_KEY: "s" };
  assert.deepEqual(newCredentials(named), { accessKeyId: "test", secretAccessKey: "s" });
  for (const wrong of [
    { LIKES_ACCESS_KEY_ID: "test" },
    { LIKES_SECRET_ACCESS_KEY: "s" },
    { ...named, LIKES_ACCESS_KEY_ID: "000000000000" },
    { ...named, LIKES_ACCESS_KEY_ID: "a/b" },
  ]) {
    assert.throws(() => newCredentials(wrong), /LIKES_ACCESS_KEY_ID/);
  }
});

test("as many pass at once as may, others wait in turn, and the rest is turned away", async () => {
  const turnstile = new Turnstile(2, 2);
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const callers = ["a", "b", "c", "d", "e"].map((name) => ({ name, events: new EventEmitter() }));
  const passes = callers.map(({ name, events }) =>
    turnstile.pass(events, () => {
      begun.push(name);
      return new Promise((resolve) => ends.push(resolve));
    }),
  );
  assert.equal(await passes[4], false);
  assert.deepEqual(begun, ["a", "b"]);
  callers[2]?.events.emit("close");
  ends[0]?.();
  assert.deepEqual(await Promise.all([passes[0], passes[2]]), [true, true]);
  assert.deepEqual(begun, ["a", "b", "d"]);
  ends[1]?.();
  ends[2]?.();
  await Promise.all(passes);
  assert.equal(await turnstile.pass(new EventEmitter(), async () => {}), true);
});
