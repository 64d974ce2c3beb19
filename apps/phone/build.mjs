// Builds the app for the browser, into dist/: `node build.mjs`, or `cargo xtask phone`, which installs the packages and builds the
// core before, and skips a build that would change nothing.
//
// dist/build.json says what was built: `files` are all files with their sha256, `version` follows from what the service worker
// keeps, `sources` is the sha256 of everything the build was made from, which sources.json lists; xtask/src/sources.rs takes the
// same sum. The same sources give the same bytes.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { exportApp } from "./web/build/expo.mjs";
import { app, BASE, hashedName, read, sha256, sum } from "./web/build/files.mjs";
import { icons } from "./web/build/icons.mjs";
import { licences } from "./web/build/licences.mjs";
import { registration, serviceWorker } from "./web/build/scripts.mjs";

/** What the build is made from. @type {string[]} */
const SOURCES = JSON.parse(read("sources.json").toString());
/** Files of these kinds are also kept in smaller forms, which the server sends to browsers that take them. */
const SHRINKS = /\.(?:js|mjs|css|html|json|svg|wasm|webmanifest|ttf|txt)$/;
const dist = join(app, "dist");

/** How the app is named and drawn on a home screen. @param {{ name: string, size: number, purpose?: string }[]} icons */
const manifest = (icons) => ({
  id: BASE,
  name: "Holdfast",
  short_name: "Holdfast",
  description: "Save where you are, with or without a network. Your places stay yours.",
  start_url: BASE,
  scope: BASE,
  display: "standalone",
  background_color: "#f7f6f2",
  theme_color: "#f7f6f2",
  categories: ["navigation", "travel", "utilities"],
  icons: icons.map(({ name, size, purpose }) => ({ src: BASE + name, sizes: `${size}x${size}`, type: "image/png", purpose })),
});

async function main() {
  // Taken first: what changes while this runs is built the next time.
  const sources = sum(SOURCES);
  /** By path. @type {Map<string, string | Uint8Array>} */
  const files = new Map();
  /** @param {string} name @param {string | Uint8Array} content */
  const add = (name, content) => {
    const hashed = hashedName(name, content);
    files.set(hashed, content);
    return hashed;
  };

  const exported = exportApp();
  for (const [name, bytes] of exported.files) files.set(name, bytes);
  // What the core's script, which the export has in it, loads by itself.
  const core = JSON.parse(read("core/dist/manifest.json").toString()).files;
  for (const name of [core.worker, core.wasm]) files.set(`core/${name}`, read(`core/dist/${name}`));
  const { drawing, drawn } = await icons();
  const named = drawn.map((icon) => ({ ...icon, name: add(icon.name, icon.bytes) }));
  const touch = named.find(({ name }) => name.includes("apple-touch-icon"))?.name ?? "";
  files.set("manifest.webmanifest", JSON.stringify(manifest(named.filter(({ purpose }) => purpose))));
  files.set("licences.txt", licences(exported.sources));
  const fills = {
    "icon.svg": add("icons/icon.svg", drawing),
    "apple-touch-icon.png": touch,
    "register.js": add("register.js", await registration()),
    styles: exported.styles.join("\n"),
    scripts: exported.scripts.map((address) => `<script src="${address}" defer></script>`).join("\n"),
  };
  files.set("index.html", fill(read("web/index.html").toString(), fills));
  const { version, script } = await serviceWorker(files);
  files.set("service-worker.js", script);

  // What says that it is whole goes first and comes last: a build that was interrupted is none.
  rmSync(dist, { recursive: true, force: true });
  const hashes = Object.fromEntries([...files].sort().map(([name, content]) => [name, sha256(content)]));
  for (const [name, content] of files) {
    write(name, content);
    if (!SHRINKS.test(name)) continue;
    const bytes = Buffer.from(content);
    write(`${name}.gz`, gzipSync(bytes, { level: 9 }));
    write(`${name}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  }
  write("build.json", `${JSON.stringify({ sources, version, files: hashes }, null, 2)}\n`);
  report(files);
}

/** @param {string} page @param {Record<string, string>} fills */
const fill = (page, fills) =>
  page.replace(/\{\{([a-z.-]+)\}\}\n?/g, (all, name) => {
    const text = fills[name];
    if (text === undefined) throw new Error(`web/index.html asks for ${name}, which nothing makes`);
    return all.endsWith("\n") && text ? `${text}\n` : text;
  });

/** @param {string} name @param {string | Uint8Array} content */
function write(name, content) {
  const file = join(dist, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** @param {Map<string, string | Uint8Array>} files */
function report(files) {
  const size = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11);
  let [all, compressed] = [0, 0];
  for (const [name, content] of [...files].sort()) {
    const bytes = Buffer.from(content);
    const small = SHRINKS.test(name) ? gzipSync(bytes).length : bytes.length;
    all += bytes.length;
    compressed += small;
    if (bytes.length > 20_000) console.log(`${name.padEnd(72)}${size(bytes.length)}${size(small)} gzip`);
  }
  console.log(`${`${files.size} files`.padEnd(72)}${size(all)}${size(compressed)} gzip`);
}

await main();
