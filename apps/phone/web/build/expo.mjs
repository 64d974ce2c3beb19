// Expo's own export for the web: the app's scripts, and what they load.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { app, filesOf } from "./files.mjs";

const OUTPUT = ".expo/export";
/** What a page of Expo's loads: its scripts, in their order, and style sheets. */
const SCRIPTS = /<script[^>]*\ssrc="([^"]+)"[^>]*><\/script>/g;
const STYLES = /<link[^>]*\srel="(?:stylesheet|preload)"[^>]*>/g;

/**
 * Exports the app.
 * @returns {{ files: Map<string, Uint8Array>, scripts: string[], styles: string[], sources: string[] }} its files by their path;
 * what the page loads; and which modules went into it.
 */
export function exportApp() {
  const folder = join(app, OUTPUT);
  rmSync(folder, { recursive: true, force: true });
  // Nobody is told that an app is being built, and nothing is asked for.
  const env = { ...process.env, NODE_ENV: "production", CI: "1", EXPO_OFFLINE: "1", EXPO_NO_TELEMETRY: "1", EXPO_NO_DOTENV: "1" };
  const args = ["node_modules/expo/bin/cli", "export", "--platform", "web", "--source-maps", "--output-dir", OUTPUT];
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, { cwd: app, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`Expo's export failed (${status ?? error}):\n${stdout}${stderr}`);

  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  /** @type {Set<string>} */
  const sources = new Set();
  // An app without pictures of its own has no "assets".
  for (const path of filesOf(folder, ["_expo", "assets"].filter((name) => existsSync(join(folder, name))))) {
    const bytes = readFileSync(join(folder, path));
    if (path.endsWith(".map")) for (const source of JSON.parse(bytes.toString()).sources) sources.add(source);
    else files.set(path, path.endsWith(".js") ? Buffer.from(withoutMap(bytes.toString())) : bytes);
  }
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const scripts = [...page.matchAll(SCRIPTS)].map(([, address]) => address ?? "");
  if (scripts.length === 0) throw new Error("Expo's page loads no script");
  return { files, scripts, styles: page.match(STYLES) ?? [], sources: [...sources] };
}

/** The map told which modules are in a script; it is not shipped. @param {string} script */
const withoutMap = (script) => script.replace(/^\/\/# (?:sourceMappingURL|sourceURL|debugId)=.*\n?/gm, "");
