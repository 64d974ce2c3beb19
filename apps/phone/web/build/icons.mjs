// The app's icons, in every form that a home screen wants, from the one drawing that the web platform has, too.

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { read } from "./files.mjs";

export const DRAWING = "../../crates/web/assets/icon.svg";

/** @type {{ name: string, size: number, purpose?: "any" | "maskable", full: boolean }[]} */
const FORMS = [
  { name: "icons/icon-192.png", size: 192, purpose: "any", full: false },
  { name: "icons/icon-512.png", size: 512, purpose: "any", full: false },
  // The launcher cuts these to its own shape: colour up to the edge. The pin lies within the inner 80 %.
  { name: "icons/maskable-512.png", size: 512, purpose: "maskable", full: true },
  { name: "icons/apple-touch-icon.png", size: 180, full: true },
];

/** Draws them all. The renderer is WebAssembly: the same bytes on every machine. */
export async function icons() {
  await initWasm(readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
  const rounded = read(DRAWING).toString();
  const square = rounded.replace(/ rx="\d+"/, "");
  if (square === rounded) throw new Error(`${DRAWING} has no rounded ground any more`);
  const drawn = FORMS.map((form) => {
    const image = new Resvg(form.full ? square : rounded, { fitTo: { mode: "width", value: form.size } });
    return { ...form, bytes: image.render().asPng() };
  });
  return { drawing: rounded, drawn };
}
