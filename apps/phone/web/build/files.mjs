// Files, their hashes, and where they are.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The phone app's folder. */
export const app = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Where the app is served, on every server. */
export const BASE = "/app/";

/** All files below these paths of a folder, in the order of their bytes. @param {string} folder @param {string[]} paths */
export function filesOf(folder, paths) {
  /** @type {string[]} */
  const found = [];
  const queue = [...paths];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const full = join(folder, path);
    if (!statSync(full).isDirectory()) found.push(path);
    else queue.push(...readdirSync(full).map((name) => `${path}/${name}`));
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The sha256 over path, length and bytes of each file. `cargo xtask phone` takes the same. @param {string[]} paths */
export function sum(paths) {
  const hash = createHash("sha256");
  for (const path of filesOf(app, paths)) {
    const bytes = readFileSync(join(app, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** @param {string | Uint8Array} content @param {"hex" | "base64"} encoding */
export const sha256 = (content, encoding = "hex") => createHash("sha256").update(content).digest(encoding);

/** A name for content that never changes under it. @param {string} name @param {string | Uint8Array} content */
export function hashedName(name, content) {
  const dot = name.lastIndexOf(".");
  return `${name.slice(0, dot)}-${sha256(content).slice(0, 16)}${name.slice(dot)}`;
}

/** A file of the app's folder. @param {string} path */
export function read(path) {
  const full = join(app, path);
  if (!existsSync(full)) throw new Error(`${full} is missing; \`cargo xtask phone\` makes everything in its order`);
  return readFileSync(full);
}
