import * as fs from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { repositoryUrl } from "./repository.ts";

/** Fills in the link to the code, or leaves it out if nobody has said where the code is. */
function codeLink(): Plugin {
  const manifest = JSON.parse(fs.readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const url = repositoryUrl(manifest, process.env.LIKES_CODE_URL)
    ?.replaceAll("&", "&amp;")
    .replaceAll('"', "%22");
  return {
    name: "code-link",
    transformIndexHtml: (html) =>
      html.replace("<!-- code -->", url ? `<a class="code" href="${url}">Code</a>` : ""),
  };
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
