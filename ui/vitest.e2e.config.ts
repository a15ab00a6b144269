import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    // On AWS a cold function and a batching window take their time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
