import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { root } from "../../../../crates/web/browser/support/paths";
import { expect, test } from "./support/test";

// The aim is 900 kB in both. Compilers differ by some percent; as gzip, which hardly a browser takes, it may be that much more.
test("what a phone has to fetch before it can save anything stays small", () => {
  const dist = join(root, "apps/phone/core/dist");
  const { files } = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8")) as { files: Record<string, string> };
  const wasm = readFileSync(join(dist, files["wasm"] ?? ""));
  expect(brotliCompressSync(wasm).length).toBeLessThan(800_000);
  expect(gzipSync(wasm, { level: 9 }).length).toBeLessThan(950_000);
});
