import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenPorts } from "./ports";
import { StackError } from "./stackError";

test("the environment chooses the ports", async () => {
  assert.deepEqual(await chosenPorts({ LIKES_PORT: "4700", LIKES_WEBSITE_PORT: "4790" }), {
    emulator: 4700,
    website: 4790,
  });
  assert.equal((await chosenPorts({})).emulator, 4566);
});

test("the website gives way to an emulator on its default port", async () => {
  const { emulator, website } = await chosenPorts({ LIKES_PORT: "4580" });
  assert.equal(emulator, 4580);
  assert.notEqual(website, 4580);
});

test("a variable that is not a port number is rejected by name", async () => {
  for (const variable of ["LIKES_PORT", "LIKES_WEBSITE_PORT"]) {
    for (const value of ["abc", "0", "-1", "65536", "4566.5"]) {
      await assert.rejects(
        chosenPorts({ [variable]: value }),
        new StackError(`${variable} must be a port number from 1 to 65535; it is ${value}`),
      );
    }
  }
});

test("the same port for both is rejected", async () => {
  for (const environment of [
    { LIKES_PORT: "4700", LIKES_WEBSITE_PORT: "4700" },
    { LIKES_WEBSITE_PORT: "4566" },
  ]) {
    await assert.rejects(
      chosenPorts(environment),
      /LIKES_WEBSITE_PORT must differ from LIKES_PORT, which is \d+/,
    );
  }
});
