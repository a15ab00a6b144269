import { afterEach, expect, test, vi } from "vitest";
import { Api } from "./api";
import { newLike } from "./like";

const api = new Api("https://api.example/v1");

afterEach(() => {
  vi.unstubAllGlobals();
});

function answer(status: number, body = "{}", headers: Record<string, string> = {}) {
  const fetch = vi.fn(async (_url: string, _init?: RequestInit) => new Response(body, { status, headers }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

test("a like is sent with its key, in a request that outlives the page", async () => {
  const fetch = answer(202);
  const like = newLike("m", 1);
  expect(await api.post(like)).toEqual({ outcome: "accepted" });
  const [url, init] = fetch.mock.calls[0] ?? [];
  expect(url).toBe("https://api.example/v1/likes");
  expect(init).toMatchObject({
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": like.id },
    body: '{"movieId":"m"}',
    keepalive: true,
  });
});

test.each([
  [429, "throttled"],
  [500, "service"],
  [503, "service"],
  [504, "service"],
  [408, "service"],
  [403, "service"],
  [404, "service"],
])("%d is retried after the delay that the API asks for", async (status, why) => {
  answer(status, "{}", { "Retry-After": "7" });
  expect(await api.post(newLike("m", 1))).toEqual({ outcome: "later", why, afterMs: 7000 });
  answer(status, "not JSON", { "Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT" });
  expect(await api.post(newLike("m", 1))).toEqual({ outcome: "later", why, afterMs: 0 });
});

test("a user's like names the user", async () => {
  const fetch = answer(202);
  await api.post(newLike("m", 1, "u-42"));
  expect(fetch.mock.calls[0]?.[1]?.body).toBe('{"movieId":"m","userId":"u-42"}');
});

test("an API that has moved is called at its new URL", async () => {
  const fetch = answer(202, "{}");
  const api = new Api("https://api.example/v1");
  expect([api.moveTo("https://api.example/v1"), api.moveTo("https://new.example/v1")]).toEqual([false, true]);
  await api.post(newLike("m", 1));
  expect(fetch.mock.calls[0]?.[0]).toBe("https://new.example/v1/likes");
});

test("a request without an answer is retried: the like may have been accepted", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("network");
  });
  expect(await api.post(newLike("m", 1))).toEqual({ outcome: "later", why: "network", afterMs: 0 });
});

test("a rejection says what is wrong", async () => {
  answer(
    400,
    '{"detail":"out of form","errors":[{"detail":"the key is too old","header":"Idempotency-Key"}]}',
  );
  const rejected = { outcome: "rejected", detail: "out of form; the key is too old" };
  expect(await api.post(newLike("m", 1))).toEqual(rejected);
  for (const body of ["<html>", "null", '{"errors":"none"}', '{"errors":[null,{"detail":7}]}']) {
    answer(422, body);
    expect(await api.post(newLike("m", 1))).toEqual({ outcome: "rejected", detail: "status 422" });
  }
});

test("counts are requested for 100 movies at a time", async () => {
  const ids = Array.from({ length: 150 }, (_, index) => `m${index}`);
  const fetch = vi.fn(async (url: string) => {
    const asked = new URL(url).searchParams.getAll("movieId");
    return Response.json({ likes: asked.map((movieId) => ({ movieId, likes: 3 })) });
  });
  vi.stubGlobal("fetch", fetch);
  const counts = await api.counts(ids);
  expect([...counts.keys()]).toEqual(ids);
  expect(counts.get("m149")).toBe(3);
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("counts that cannot be read are an error, not zeros", async () => {
  answer(503);
  await expect(api.counts(["m"])).rejects.toThrow("503");
});
