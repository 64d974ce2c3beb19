// Draws the icons that Expo puts into the apps of iOS and Android, from the one drawing that every surface has:
// `node web/build/native-icons.mjs`, after the drawing has changed.

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { app, read } from "./files.mjs";
import { DRAWING } from "./icons.mjs";

await initWasm(readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
const rounded = read(DRAWING).toString();
const square = rounded.replace(/ rx="\d+"/, "");
const ground = /<rect [^>]*\/>/;
if (square === rounded || !ground.test(rounded)) throw new Error(`${DRAWING} has no rounded ground any more`);
/** The mark without its ground, smaller: Android cuts the outer third of a foreground away. */
const mark = rounded.replace(ground, "").replace(/viewBox="0 0 32 32"/, 'viewBox="-10 -10 52 52"');

const folder = join(app, "assets");
mkdirSync(folder, { recursive: true });
for (const [name, drawing, size] of [
  ["icon.png", square, 1024],
  ["adaptive-icon.png", mark, 1024],
  ["splash-icon.png", rounded, 512],
]) {
  const image = new Resvg(String(drawing), { fitTo: { mode: "width", value: Number(size) } });
  writeFileSync(join(folder, String(name)), image.render().asPng());
}
