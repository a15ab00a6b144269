import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    globalSetup: ["e2e/browserServer.ts", "e2e/fixtures.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
