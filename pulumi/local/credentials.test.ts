import assert from "node:assert/strict";
import { test } from "node:test";
import { newCredentials } from "./credentials";

test("credentials are random unless the environment sets them", () => {
  const random = [newCredentials({}), newCredentials({})];
  assert.notEqual(random[0]?.accessKeyId, random[1]?.accessKeyId);
  assert.notEqual(random[0]?.secretAccessKey, random[1]?.secretAccessKey);
  const given = { LIKES_ACCESS_KEY_ID: "test", LIKES_SECRET_ACCESS_KEY: "s" };
  assert.deepEqual(newCredentials(given), { accessKeyId: "test", secretAccessKey: "s" });
  for (const wrong of [
    { LIKES_ACCESS_KEY_ID: "test" },
    { LIKES_SECRET_ACCESS_KEY: "s" },
    { ...given, LIKES_ACCESS_KEY_ID: "000000000000" },
    { ...given, LIKES_ACCESS_KEY_ID: "a/b" },
  ]) {
    assert.throws(() => newCredentials(wrong), /LIKES_ACCESS_KEY_ID/);
  }
});
