/**
 * Cuts the page's font to what the page may show: text in several weights, and letters for titles in one wide one. Archivo is
 * licensed under the SIL Open Font License 1.1.
 */
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import subsetFont from "subset-font";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

const CUTS = {
  text: { characters: `${ASCII}\u00a0éÉ–—…‘’“”×≈→`, axes: { wght: { min: 400, max: 700 }, wdth: 100 } },
  // What these titles say is written in the page itself.
  titles: { characters: `${LETTERS} .,\u00a0`, axes: { wght: 800, wdth: 125 } },
};

const source = createRequire(import.meta.url).resolve(
  "@fontsource-variable/archivo/files/archivo-latin-wdth-normal.woff2",
);
const folder = path.join(import.meta.dirname, "src", "fonts");

fs.rmSync(folder, { recursive: true, force: true });
fs.mkdirSync(folder, { recursive: true });
for (const [name, { characters, axes }] of Object.entries(CUTS)) {
  const font = await subsetFont(fs.readFileSync(source), characters, {
    targetFormat: "woff2",
    variationAxes: axes,
  });
  fs.writeFileSync(path.join(folder, `${name}.woff2`), font);
}
