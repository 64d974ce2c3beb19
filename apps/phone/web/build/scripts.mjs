// Our own scripts of the shell: what runs before the app, and the service worker.

import { build } from "esbuild";
import { join } from "node:path";
import { app, BASE, sha256 } from "./files.mjs";

/** @param {string} entry @param {Record<string, string>} define */
async function bundle(entry, define = {}) {
  const { outputFiles } = await build({
    absWorkingDir: app,
    entryPoints: [join("web", entry)],
    bundle: true,
    format: "iife",
    target: "es2022",
    minify: true,
    legalComments: "none",
    write: false,
    define,
    logLevel: "warning",
  });
  return /** @type {Uint8Array} */ (outputFiles[0]?.contents);
}

export const registration = () => bundle("register.ts");

/**
 * The service worker that keeps exactly these files.
 * @param {Map<string, string | Uint8Array>} files by their path below `/app/`
 */
export async function serviceWorker(files) {
  const names = [...files.keys()].sort();
  const list = Object.fromEntries(names.map((name) => [name, `sha256-${sha256(files.get(name) ?? "", "base64")}`]));
  const version = sha256(JSON.stringify(list)).slice(0, 16);
  const script = await bundle("service-worker/main.ts", { __BUILD__: JSON.stringify({ version, base: BASE, files: list }) });
  return { version, script };
}
