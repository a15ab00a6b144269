// @vitest-environment node
/** The client where there is no DOM and no local storage. */
import * as http from "node:http";
import type * as net from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLikes, type Movie, type Store } from "./index";

const accepted: { movieId: string; userId?: string }[] = [];
let server: http.Server;
let apiUrl: string;
let isDown = false;

beforeEach(async () => {
  accepted.length = 0;
  isDown = false;
  server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) {
      body += chunk;
    }
    if (isDown) {
      response.writeHead(503).end();
    } else if (request.method === "POST") {
      accepted.push(JSON.parse(body));
      response.writeHead(202).end("{}");
    } else {
      response.end(JSON.stringify({ likes: [{ movieId: "m", likes: accepted.length }] }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  apiUrl = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A store as a program in Node may give one. */
function memoryStore(): Store {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    key: (index) => [...items.keys()][index] ?? null,
    get length() {
      return items.size;
    },
  };
}

test("there is no DOM here", () => {
  expect(globalThis.document).toBeUndefined();
});

test("a like is sent and counted, and kept in memory until then", async () => {
  const likes = createLikes({ apiUrl });
  const counted = new Promise<Movie>((resolve) => {
    likes.addEventListener("change", ({ movie }) => movie.like?.stage.name === "counted" && resolve(movie));
  });
  likes.like("m");
  expect(likes.status.isSafe).toBe(false);
  expect(await counted).toMatchObject({ movieId: "m", count: 1, isLiked: true });
  expect(likes.status.isSafe).toBe(true);
  expect(accepted).toEqual([{ movieId: "m", userId: likes.userId }]);
  likes.close();
});

test("a storage that is given keeps likes and the user's id for the next client", async () => {
  const storage = memoryStore();
  isDown = true;
  const before = createLikes({ apiUrl, storage });
  before.like("m");
  expect(before.status.isSafe).toBe(true);
  before.close();
  isDown = false;
  const after = createLikes({ apiUrl, storage });
  await expect.poll(() => accepted).toEqual([{ movieId: "m", userId: before.userId }]);
  after.close();
  expect(createLikes({ apiUrl, storage }).movie("m").isLiked).toBe(true);
});

test("the local storage of newer versions of Node, which warn of it, is left alone", () => {
  const used = vi.fn();
  Object.defineProperty(globalThis, "localStorage", { get: used, configurable: true });
  const likes = createLikes({ apiUrl });
  likes.like("m");
  likes.close();
  expect(used).not.toHaveBeenCalled();
  Reflect.deleteProperty(globalThis, "localStorage");
});
