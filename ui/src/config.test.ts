import { afterEach, expect, test, vi } from "vitest";
import { ConfigError, loadConfig, parseConfig } from "./config";

const GOOD = { stack: "dev", apiUrl: "https://api.example/v1", region: "eu-west-1", build: "1a2b3c4" };

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a configuration is parsed, with or without a trailing slash in the URL", () => {
  expect(parseConfig(JSON.stringify(GOOD))).toEqual(GOOD);
  expect(parseConfig(JSON.stringify({ ...GOOD, apiUrl: "https://api.example/v1/" }))).toEqual(GOOD);
  expect(parseConfig(JSON.stringify({ ...GOOD, stack: undefined }))).toEqual({ ...GOOD, stack: "" });
});

test.each([
  ["", "not JSON"],
  ["<!doctype html>", "not JSON"],
  ["null", "apiUrl"],
  ["[]", "apiUrl"],
  [JSON.stringify({ ...GOOD, apiUrl: "api.example" }), "apiUrl"],
  [JSON.stringify({ ...GOOD, apiUrl: "javascript:alert(1)" }), "apiUrl"],
  [JSON.stringify({ ...GOOD, stack: "two words" }), "stack"],
  [JSON.stringify({ ...GOOD, region: undefined }), "region"],
  [JSON.stringify({ ...GOOD, build: 7 }), "build"],
])("%s is rejected with a message that names the problem", (text, named) => {
  expect(() => parseConfig(text)).toThrow(ConfigError);
  expect(() => parseConfig(text)).toThrow(named);
});

test("a missing configuration is distinguished from one that cannot be loaded", async () => {
  vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
  await expect(loadConfig()).rejects.toThrow("missing: the server answered 404");
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("network");
  });
  await expect(loadConfig()).rejects.toThrow("cannot be loaded");
});
