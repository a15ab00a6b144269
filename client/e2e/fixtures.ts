/** Builds the fixtures that need it, as their users would. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import vue from "@vitejs/plugin-vue";
import { build } from "vite";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with the pages to serve. */
    fixtures: string;
  }
}

const SOURCES = path.join(import.meta.dirname, "fixtures");

export default async function buildFixtures(project: TestProject): Promise<() => void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "likestream-fixtures-"));
  await build({
    root: SOURCES,
    configFile: false,
    logLevel: "warn",
    plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "like-button" } } })],
    build: {
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { input: ["react", "vue"].map((name) => path.join(SOURCES, name, "index.html")) },
    },
  });
  fs.cpSync(path.join(SOURCES, "plain"), path.join(folder, "plain"), { recursive: true });
  fs.cpSync(path.join(import.meta.dirname, "..", "dist"), path.join(folder, "dist"), { recursive: true });
  project.provide("fixtures", folder);
  return () => fs.rmSync(folder, { recursive: true });
}
