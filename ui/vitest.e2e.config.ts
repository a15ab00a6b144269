import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    globalSetup: ["../client/e2e/browserServer.ts", "e2e/website.ts"],
    // The files like the same films on one stack.
    fileParallelism: false,
    // On AWS, cold functions and the batching window take time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
