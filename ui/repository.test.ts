import { expect, test } from "vitest";
import { repositoryUrl } from "./repository";

const WEB = "https://github.com/someone/likestream";

test.each([
  "someone/likestream",
  "github:someone/likestream",
  "git@github.com:someone/likestream.git",
  "git+ssh://git@github.com/someone/likestream.git",
  "git+https://github.com/someone/likestream.git",
  "git://github.com/someone/likestream.git",
  WEB,
])("the link to the code understands %s", (url) => {
  expect(repositoryUrl({ repository: url })).toBe(WEB);
  expect(repositoryUrl({ repository: { url } })).toBe(WEB);
});

test("the homepage or the setting stand in for a missing repository, and nothing is made up", () => {
  expect(repositoryUrl({ homepage: `${WEB}/about` }, "https://other.example/")).toBe(`${WEB}/about`);
  expect(repositoryUrl({}, WEB)).toBe(WEB);
  expect(repositoryUrl({})).toBeUndefined();
  expect(repositoryUrl({}, "javascript:alert(1)")).toBeUndefined();
});
