/** Cuts the page's font to the characters that the page may show. Archivo is licensed under the SIL Open Font License 1.1. */
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import subsetFont from "subset-font";

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
const CHARACTERS = `${ASCII}\u00a0éÉ–—…‘’“”×≈→`;

const source = createRequire(import.meta.url).resolve(
  "@fontsource-variable/archivo/files/archivo-latin-wdth-normal.woff2",
);
const folder = path.join(import.meta.dirname, "src", "fonts");

fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(
  path.join(folder, "archivo.woff2"),
  await subsetFont(fs.readFileSync(source), CHARACTERS, {
    targetFormat: "woff2",
    variationAxes: { wght: { min: 400, max: 800 }, wdth: { min: 100, max: 125 } },
  }),
);
