// Builds everything the web platform embeds into dist/: `node build.mjs`. With `--tests`, only the tests, into dist-tests/.
//
// dist/manifest.json says what was built: `files` maps logical names to file names, which carry a hash of their content, so
// that they may be cached for ever; `preload` names what a script imports at once; `all` are all files; `sources` is the sha256
// of everything the build was made from, which sources.json lists. `cargo xtask assets` computes the same sum
// (xtask/src/sources.rs) and skips a build that would change nothing.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const manifestFile = join(dist, "manifest.json");

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

/** @param {string | Uint8Array} content */
const shortHash = (content) => createHash("sha256").update(content).digest("hex").slice(0, 10);

/** Options that all bundles share. @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "eof",
  metafile: true,
  write: false,
  logLevel: "warning",
};

/** The licences of the packages that went into a bundle. @param {Record<string, unknown>[]} inputs */
function licences(inputs) {
  const packages = new Set();
  for (const path of inputs.flatMap((each) => Object.keys(each))) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
    if (name) packages.add(name);
  }
  // MapLibre comes as one bundle; what it is made of is named by what it depends on.
  const { dependencies } = JSON.parse(readFileSync(join(here, "node_modules/maplibre-gl/package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) if (!name.startsWith("@types/")) packages.add(name);
  const texts = ["Basemap: made with Natural Earth (public domain) and GeoNames (CC BY 4.0, https://www.geonames.org/)."];
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
    texts.push(`${name} ${version} (${license})\n\n${text}`);
  }
  return texts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

/** The archive with the basemap; the one of the build before if nothing it is made from has changed. */
async function basemap() {
  const sources = sum(["package-lock.json", "basemap"]);
  if (existsSync(manifestFile)) {
    const before = JSON.parse(readFileSync(manifestFile, "utf8"));
    const file = before.basemapSources === sources && before.files?.basemap ? join(dist, before.files.basemap) : undefined;
    if (file && existsSync(file)) return { sources, bytes: readFileSync(file) };
  }
  const { buildBasemap } = await import("./basemap/build.mjs");
  return { sources, bytes: buildBasemap() };
}

async function main() {
  // Taken first: what changes while this runs is built the next time.
  const sources = sum(JSON.parse(readFileSync(join(here, "sources.json"), "utf8")));
  const map = await basemap();
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {Record<string, string[]>} */
  const preload = {};
  /** @type {Map<string, string | Uint8Array>} */
  const outputs = new Map();
  /** @param {string} logical @param {string | Uint8Array} content */
  const add = (logical, content) => {
    const dot = logical.lastIndexOf(".");
    const [stem, extension] = dot < 0 ? [logical, ".pmtiles"] : [logical.slice(0, dot), logical.slice(dot)];
    const name = `${stem}-${shortHash(content)}${extension}`;
    files[logical] = name;
    outputs.set(name, content);
    return name;
  };
  add("basemap", map.bytes);
  const { buildGazetteer } = await import("./basemap/gazetteer.mjs");
  add("towns.bin", buildGazetteer());

  const worker = await build({ ...common, entryPoints: ["maplibre-gl/dist/maplibre-gl-worker.mjs"], outfile: "worker.js" });
  const css = await build({ ...common, entryPoints: ["src/map/map.css"], outfile: "map.css" });
  const workerName = add("map-worker.js", worker.outputFiles[0].contents);
  const cssName = add("map.css", css.outputFiles[0].contents);

  const scripts = await build({
    ...common,
    entryPoints: ["src/main.ts"],
    outdir: "dist",
    splitting: true,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    define: {
      __MAP_CSS__: JSON.stringify(cssName),
      __MAP_WORKER__: JSON.stringify(workerName),
      __BASEMAP_VERSION__: JSON.stringify(shortHash(map.bytes)),
    },
  });
  for (const output of scripts.outputFiles) {
    outputs.set(basename(output.path), output.contents);
    const about = scripts.metafile.outputs[relative(here, output.path).replaceAll("\\", "/")];
    if (!about?.entryPoint) continue;
    const logical = `${basename(about.entryPoint).replace(/\.ts$/, "")}.js`;
    files[logical] = basename(output.path);
    const imports = about.imports.filter(({ kind }) => kind === "import-statement");
    preload[logical] = imports.map(({ path }) => basename(path)).sort();
  }
  add("licences.txt", licences([worker.metafile.inputs, css.metafile.inputs, scripts.metafile.inputs]));

  // The manifest goes first and comes last: a build that was interrupted is none.
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const [name, content] of outputs) writeFileSync(join(dist, name), content);
  const manifest = { sources, basemapSources: map.sources, files, preload, all: [...outputs.keys()].sort() };
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);

  for (const [name, content] of [...outputs].sort()) {
    const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(11);
    const small = name.endsWith(".pmtiles") ? "" : `${kilobytes(gzipSync(content, { level: 9 }).length)} gzip`;
    console.log(`${name.padEnd(34)}${kilobytes(Buffer.byteLength(content))}${small}`);
  }
}

async function tests() {
  const folder = join(here, "dist-tests");
  rmSync(folder, { recursive: true, force: true });
  const entryPoints = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({
    ...common,
    minify: false,
    write: true,
    entryPoints,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    packages: "external",
    define: { __BASEMAP_VERSION__: '"test"' },
  });
}

await (process.argv.includes("--tests") ? tests() : main());
