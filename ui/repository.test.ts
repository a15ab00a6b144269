import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import { linkCode, originUrl, repositoryUrl } from "./repository";

const WEB = "https://github.com/someone/likestream";
const FORGE = "https://git.example.com/team/likestream";

test.each([
  "someone/likestream",
  "github:someone/likestream",
  "git@github.com:someone/likestream.git",
  "git+ssh://git@github.com/someone/likestream.git",
  "git+https://github.com/someone/likestream.git",
  "git://github.com/someone/likestream.git",
  WEB,
])("the link to the code understands %s in package.json", (url) => {
  expect(repositoryUrl({ manifest: { repository: url } })).toBe(WEB);
  expect(repositoryUrl({ manifest: { repository: { url } } })).toBe(WEB);
});

test.each([
  FORGE,
  `${FORGE}.git`,
  `${FORGE}.git/`,
  "https://ann:secret@git.example.com/team/likestream.git",
  "https://token@git.example.com/team/likestream.git",
  "git@git.example.com:team/likestream.git",
  "git.example.com:team/likestream.git",
  "ssh://git@git.example.com/team/likestream.git",
  "ssh://git@git.example.com:2222/team/likestream.git",
])("the page of the remote %s is known", (origin) => {
  expect(repositoryUrl({ manifest: {}, origin })).toBe(FORGE);
});

test.each([
  "/srv/git/likestream.git",
  "../likestream",
  "someone/likestream",
  "C:\\code\\likestream",
  "file:///srv/git/likestream.git",
  "http://localhost:3000/team/likestream",
  "git@localhost:team/likestream.git",
  "http://127.0.0.1:3000/team/likestream",
  "http://[::1]/team/likestream",
  "https://git.internal/team/likestream",
  "git@work:team/likestream.git",
  "codecommit::eu-west-1://likestream",
])("the remote %s gives no link", (origin) => {
  expect(repositoryUrl({ manifest: {}, origin })).toBeUndefined();
});

test("the setting comes first, then package.json, then the remote, and nothing is made up", () => {
  const manifest = { repository: "someone/likestream", homepage: `${WEB}/about` };
  expect(repositoryUrl({ setting: "http://git/likes", manifest, origin: FORGE })).toBe("http://git/likes");
  expect(repositoryUrl({ setting: "", manifest, origin: FORGE })).toBeUndefined();
  expect(repositoryUrl({ manifest, origin: FORGE })).toBe(WEB);
  expect(repositoryUrl({ manifest: { homepage: manifest.homepage }, origin: FORGE })).toBe(`${WEB}/about`);
  expect(repositoryUrl({ manifest: {}, origin: FORGE })).toBe(FORGE);
  expect(repositoryUrl({ manifest: {} })).toBeUndefined();
});

test("a setting that is no web address is an error", () => {
  for (const setting of ["javascript:alert(1)", "github.com/someone/likestream"]) {
    expect(() => repositoryUrl({ setting, manifest: {} })).toThrow(
      `LIKES_CODE_URL must start with https:// or http://, or be empty for no link: ${setting}`,
    );
  }
});

test("the remote is that of the checkout, if there is one", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "likestream-"));
  try {
    expect(originUrl(folder)).toBeUndefined();
    execFileSync("git", ["init", "--quiet", folder]);
    expect(originUrl(folder)).toBeUndefined();
    execFileSync("git", ["-C", folder, "remote", "add", "origin", `${FORGE}.git`]);
    expect(originUrl(folder)).toBe(`${FORGE}.git`);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test("the page has a place for the link, and no trace of it without one", () => {
  const page = fs.readFileSync(path.join(import.meta.dirname, "index.html"), "utf8");
  expect(linkCode(page, `${FORGE}?a=1&b="`)).toContain(
    `<a class="code" href="${FORGE}?a=1&amp;b=%22">Code</a>`,
  );
  expect(linkCode(page, undefined)).not.toMatch(/class="code"|<!-- code/);
});
