/** The built package in Node. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestApi } from "./api";

let api: TestApi;
let apiUrl: string;

beforeEach(async () => {
  api = new TestApi();
  apiUrl = await api.start();
});

afterEach(() => api.stop());

/** Runs a module, which must end by itself. */
async function run(code: string): Promise<{ stdout: string; stderr: string }> {
  const flags = ["--input-type=module", "--eval", code];
  return promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname, timeout: 10_000 });
}

test("a program that likes a movie ends once the like is counted", async () => {
  const { stdout, stderr } = await run(`
    import { createLikes } from "@likestream/client";
    const likes = createLikes({ apiUrl: "${apiUrl}" });
    likes.addEventListener("change", ({ movie }) => console.log(movie.like?.stage.name, movie.count));
    likes.like("tt0111161");
  `);
  expect(stdout.trim().split("\n")).toEqual([
    "queued undefined",
    "queued 1",
    "sending 1",
    "accepted 1",
    "counted 1",
  ]);
  expect(stderr).toBe("");
  expect(api.posted).toMatchObject([{ movieId: "tt0111161" }]);
});

test("a server that renders pages can import the element", async () => {
  const { stdout } = await run(`
    const { LikeButton } = await import("@likestream/client/like-button");
    console.log(typeof LikeButton);
  `);
  expect(stdout).toBe("function\n");
});
