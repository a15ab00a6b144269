import * as fs from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { linkCode, originUrl, repositoryUrl } from "./repository.ts";

function codeLink(): Plugin {
  const manifest = JSON.parse(fs.readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const origin = originUrl(import.meta.dirname);
  const url = repositoryUrl({ setting: process.env.LIKES_CODE_URL, manifest, origin });
  return { name: "code-link", transformIndexHtml: (page) => linkCode(page, url) };
}

export default defineConfig({
  plugins: [codeLink()],
  // Relative paths, so that one build works at every address.
  base: "./",
  build: {
    target: "es2022",
    // The site's security policy does not allow data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts", "*.test.ts"] },
});
