import { defineConfig } from "vitest/config";

export default defineConfig({
  // Relative paths, so that one build works at every address.
  base: "./",
  build: {
    target: "es2022",
    // The site's security policy does not allow data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
