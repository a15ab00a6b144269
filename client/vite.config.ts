import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    lib: { entry: ["src/index.ts", "src/like-button.ts"], formats: ["es"] },
    sourcemap: true,
    // No chunk of their own for what both have in common.
    rolldownOptions: { preserveEntrySignatures: "allow-extension", output: { minify: true } },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
