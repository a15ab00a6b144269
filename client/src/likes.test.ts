import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLikes, type Likes, type LikesOptions } from "./likes";

const API = "https://api.example/v1";

/** The API: the counts that it tells, the likes that it has accepted, and what else was requested. */
const api = {
  counts: new Map<string, number>(),
  accepted: [] as { movieId: string; userId?: string }[],
  requests: [] as string[],
  /** The statuses of the next posts; then 202. */
  statuses: [] as number[],
  isDown: false,
};

const opened: Likes[] = [];

/** A client, closed after the test. */
function open(options: Partial<LikesOptions> = {}): Likes {
  const likes = createLikes({ apiUrl: API, ...options });
  opened.push(likes);
  return likes;
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  Object.assign(api, { counts: new Map(), accepted: [], requests: [], statuses: [], isDown: false });
  vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
    api.requests.push(`${init?.method ?? "GET"} ${url}`);
    if (api.isDown) {
      throw new TypeError("network");
    }
    if (init?.method === "POST") {
      const status = api.statuses.shift() ?? 202;
      if (status === 202) {
        api.accepted.push(JSON.parse(String(init.body)));
      }
      return Response.json({ detail: "out of form" }, { status });
    }
    const asked = new URL(url).searchParams.getAll("movieId");
    return Response.json({
      likes: asked.map((movieId) => ({ movieId, likes: api.counts.get(movieId) ?? 0 })),
    });
  });
});

afterEach(() => {
  for (const likes of opened.splice(0)) {
    likes.close();
  }
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Lets what is due happen. */
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

test("a like is sent, counted, and told step by step", async () => {
  const likes = open();
  const told: unknown[] = [];
  likes.addEventListener("change", ({ movie }) => {
    told.push([movie.movieId, movie.like?.stage.name, movie.count, movie.isLiked, movie.isOptimistic]);
  });
  api.counts.set("m", 4);
  likes.like("m");
  await tick();
  api.counts.set("m", 5);
  await tick(300);
  expect(told).toEqual([
    ["m", "queued", undefined, true, false],
    ["m", "queued", 5, true, true],
    ["m", "sending", 5, true, true],
    ["m", "accepted", 5, true, true],
    ["m", "counted", 5, true, false],
  ]);
  expect(api.accepted).toEqual([{ movieId: "m", userId: likes.userId }]);
  // Nothing is left to poll for.
  const { length } = api.requests;
  await tick(3_600_000);
  expect(api.requests).toHaveLength(length);
});

test("ten clicks are one like, also after a reload and in other tabs", async () => {
  const [tab, other] = [open(), open()];
  const watching = vi.fn();
  other.addEventListener("change", ({ movie }) => watching(movie.movieId, movie.isLiked));
  other.watch("m");
  await tick();
  for (let click = 0; click < 10; click += 1) {
    tab.like("m");
  }
  dispatchEvent(new StorageEvent("storage", { key: `likestream-liked ${API} ${tab.userId} m` }));
  expect(watching).toHaveBeenLastCalledWith("m", true);
  other.like("m");
  await tick(10_000);
  tab.like("m");
  const reloaded = open();
  expect(reloaded.movie("m")).toMatchObject({ isLiked: true, like: undefined });
  reloaded.like("m");
  await tick(10_000);
  expect(api.accepted).toHaveLength(1);
});

test("a tab asks for the counts when another tab has liked a movie, and not for other changes", async () => {
  const likes = open();
  likes.watch("m");
  await tick();
  const change = (key: string | null) => dispatchEvent(new StorageEvent("storage", { key }));
  change("unrelated");
  change(`likestream ${API} 1`);
  await tick();
  expect(api.requests).toHaveLength(1);
  change(`likestream-liked ${API} ann m`);
  await tick();
  expect(api.requests).toHaveLength(2);
  change(null);
  await tick();
  expect(api.requests).toHaveLength(3);
});

test("a rejected like is not liked, and can be liked again", async () => {
  const likes = open();
  api.statuses.push(400);
  likes.like("m");
  await tick();
  expect(likes.movie("m")).toMatchObject({
    isLiked: false,
    count: 0,
    like: { stage: { name: "rejected", detail: "out of form" } },
  });
  likes.like("m");
  await tick();
  expect(likes.movie("m")).toMatchObject({ isLiked: true, count: 1 });
});

test("without a user, each call is a like", async () => {
  const likes = open({ userId: null });
  likes.watch("m");
  await tick();
  likes.like("m");
  likes.like("m");
  await tick();
  expect(api.accepted).toEqual([{ movieId: "m" }, { movieId: "m" }]);
  expect([likes.movie("m").count, likes.userId]).toEqual([2, undefined]);
});

test("users of one browser have likes of their own", async () => {
  const [ann, bob] = [open({ userId: "ann" }), open({ userId: "bob" })];
  ann.like("m");
  await tick();
  expect([ann.movie("m").isLiked, bob.movie("m").isLiked]).toEqual([true, false]);
  bob.like("m");
  await tick();
  expect(api.accepted.map(({ userId }) => userId)).toEqual(["ann", "bob"]);
});

test("buttons share one request for up to 100 movies, which names only what is watched", async () => {
  const likes = open();
  const leave = Array.from({ length: 150 }, (_, index) => likes.watch(`m${index}`));
  const again = likes.watch("m0");
  await tick();
  expect(api.requests.map((request) => new URL(request.slice(4)).searchParams.size)).toEqual([100, 50]);
  for (const stop of leave) {
    stop();
    stop();
  }
  await tick(4_000);
  expect(api.requests.at(-1)).toBe(`GET ${API}/likes?movieId=m0`);
  again();
  const { length } = api.requests;
  await tick(3_600_000);
  expect(api.requests.length - length).toBeLessThanOrEqual(1);
});

test("a movie that is watched later is asked for at once", async () => {
  const likes = open();
  likes.watch("m");
  await tick();
  api.counts.set("n", 7);
  likes.watch("n");
  await tick();
  expect(likes.movie("n").count).toBe(7);
});

test("the state of a movie is the same object until it changes", async () => {
  const likes = open();
  likes.watch("m");
  await tick();
  const before = likes.movie("m");
  await tick(60_000);
  expect(likes.movie("m")).toBe(before);
  likes.like("m");
  expect(likes.movie("m")).not.toBe(before);
});

test("likes that an earlier client left are sent, once their counts are known", async () => {
  api.isDown = true;
  const before = open();
  before.like("m");
  await tick();
  before.close();
  api.isDown = false;
  api.counts.set("m", 4);
  const after = open();
  await tick();
  expect(api.accepted).toEqual([{ movieId: "m", userId: after.userId }]);
  expect(after.movie("m")).toMatchObject({ count: 4, isLiked: true, like: { stage: { name: "accepted" } } });
});

test("the status says what is wrong, and events follow it", async () => {
  const likes = open({
    storage: { ...localStorage, length: 0, key: () => null, getItem: () => null } as Storage,
  });
  const told = vi.fn();
  const stuck = vi.fn();
  likes.addEventListener("status", ({ status }) => told(status));
  likes.addEventListener("stuck", stuck);
  const good = { isOnline: true, isStuck: false, isStale: false, isSafe: true };
  expect(likes.status).toEqual(good);
  api.isDown = true;
  likes.like("m");
  await tick(10_000);
  expect(told).toHaveBeenLastCalledWith({ isOnline: true, isStuck: true, isStale: true, isSafe: false });
  expect(stuck).toHaveBeenCalled();
  api.isDown = false;
  await tick(30_000);
  expect(told).toHaveBeenLastCalledWith(good);
});

test("likes follow an API to its new URL, with or without a slash at its end", async () => {
  api.isDown = true;
  const likes = open();
  likes.like("m");
  await tick();
  api.isDown = false;
  expect([likes.moveTo(`${API}/`), likes.moveTo("https://new.example/v1/")]).toEqual([false, true]);
  const { length } = api.requests;
  await tick();
  expect(api.requests.slice(length).toSorted()).toEqual([
    "GET https://new.example/v1/likes?movieId=m",
    "POST https://new.example/v1/likes",
  ]);
});

test("a closed client does nothing more", async () => {
  const likes = open();
  const told = vi.fn();
  likes.addEventListener("change", told);
  likes.watch("m");
  likes.close();
  await tick(3_600_000);
  expect(api.requests).toEqual([]);
  expect(told).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
  expect(() => likes.like("m")).toThrow("abort");
});

test("a request that is in flight when the client is closed is not forgotten", async () => {
  const likes = open();
  const told = vi.fn();
  likes.watch("m");
  await tick();
  likes.like("m");
  likes.addEventListener("change", told);
  likes.close();
  await tick();
  expect(api.accepted).toHaveLength(1);
  expect(told).not.toHaveBeenCalled();
  open();
  await tick(60_000);
  expect(api.accepted).toHaveLength(1);
});

test.each(["", "javascript:alert(1)", "http://"])("%j is not the URL of an API", (apiUrl) => {
  vi.spyOn(document, "baseURI", "get").mockReturnValue("about:blank");
  expect(() => createLikes({ apiUrl })).toThrow(TypeError);
});
