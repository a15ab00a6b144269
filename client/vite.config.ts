import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    lib: { entry: ["src/index.ts", "src/like-button.ts"], formats: ["es"] },
    sourcemap: true,
    rolldownOptions: { output: { minify: true, chunkFileNames: "likes.js" } },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
