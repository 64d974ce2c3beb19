// The licences of the packages whose code is in the app, and of the crates in its core.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { app } from "./files.mjs";

/** @param {string[]} sources the modules that went into the app, as paths */
export function licences(sources) {
  /** @type {Set<string>} */
  const packages = new Set();
  for (const source of sources) {
    // Also packages within packages.
    const folder = /^.*\/?(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
    if (folder && existsSync(join(app, folder, "package.json"))) packages.add(folder);
  }
  const texts = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(app, folder, "package.json"), "utf8"));
    const file = readdirSync(join(app, folder)).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(app, folder, file), "utf8").trim() : ""}`.trim();
  });
  texts.push(readFileSync(join(app, "core/dist/licences.txt"), "utf8").trim());
  return `${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
