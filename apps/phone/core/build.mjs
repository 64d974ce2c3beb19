// Builds dist/, what an app in a browser loads: `node build.mjs`, after `cargo xtask wasm` has made wasm/.
//
// core.js (ES module, with core.d.ts) is what screens import; the worker and the WebAssembly carry a hash of their content
// in their names, so that they may be cached for ever. dist/manifest.json says what was built: `files` maps logical names to
// file names; `all` are all files; `sources` is the sha256 of everything the build was made from, which sources.json lists.
// `cargo xtask wasm` computes the same sum (xtask/src/sources.rs) and skips a build that would change nothing.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** What the build is made from. @type {string[]} */
const SOURCES = JSON.parse(readFileSync(join(here, "sources.json"), "utf8"));

/** All files below these paths, in the order of their bytes. @param {string[]} paths */
function filesOf(paths) {
  const found = [];
  const queue = [...paths];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const full = join(here, path);
    if (statSync(full).isDirectory()) queue.push(...readdirSync(full).map((name) => `${path}/${name}`));
    else found.push(path);
  }
  return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The sha256 over path, length and bytes of each file. @param {string[]} paths */
function sum(paths) {
  const hash = createHash("sha256");
  for (const path of filesOf(paths)) {
    const bytes = readFileSync(join(here, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** @param {string} name @param {string | Uint8Array} content */
function write(name, content) {
  writeFileSync(join(dist, name), content);
  all.push(name);
}

/** @param {string | Uint8Array} content */
const shortHash = (content) => createHash("sha256").update(content).digest("hex").slice(0, 10);

/** @param {string} entry @param {Record<string, string>} define */
async function bundle(entry, define) {
  const built = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "eof",
    write: false,
    logLevel: "warning",
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
  });
  return built.outputFiles[0].text;
}

const sources = sum(SOURCES);
/** @type {string[]} */
const all = [];
rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "src"), { recursive: true });

const wasm = readFileSync(join(here, "wasm/holdfast_wasm_bg.wasm"));
const wasmName = `holdfast-${shortHash(wasm)}.wasm`;
write(wasmName, wasm);
const worker = await bundle("browser/worker.ts", { WASM_NAME: wasmName });
const workerName = `worker-${shortHash(worker)}.js`;
write(workerName, worker);
write("licences.txt", readFileSync(join(here, "wasm/licences.txt")));
write("core.js", await bundle("browser/index.ts", { WORKER_NAME: workerName }));

// The types, for whoever imports core.js: the interface as it is, and how it is opened.
for (const name of ["core.ts", "types.ts"]) cpSync(join(here, "src", name), join(dist, "src", name));
write(
  "core.d.ts",
  [
    'import type { Core } from "./src/core";',
    'export * from "./src/core";',
    "export interface Options {",
    "  /** Where the files of this folder are served, with a slash at the end. */",
    "  base: string | URL;",
    "  /** Another worker, for tests. */",
    "  worker?: string | URL;",
    "}",
    "/** Opens the core of this device for a window. Never fails: where nothing can be stored, every call says so. */",
    "export declare function openCore(options: Options): Core;",
    "",
  ].join("\n"),
);
const files = { "core.js": "core.js", worker: workerName, wasm: wasmName };
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify({ sources, files, all }, null, 2)}\n`);

const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(0)} kB`;
for (const name of [wasmName, workerName, "core.js"]) {
  const bytes = readFileSync(join(dist, name));
  console.log(`${name}: ${kB(bytes.length)}, ${kB(gzipSync(bytes, { level: 9 }).length)} gzip, ${kB(brotliCompressSync(bytes).length)} brotli`);
}
