import { defineConfig } from "vitest/config";

export default defineConfig({
  // Paths are relative, so that one build serves at every address.
  base: "./",
  build: {
    target: "es2022",
    // The site's security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
