import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../../../../crates/web/browser/support/paths";
import { expect, test } from "./support/test";

test("what a phone has to fetch before it can save anything stays under 900 kB, also as gzip", () => {
  const dist = join(root, "apps/phone/core/dist");
  const { files } = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8")) as { files: Record<string, string> };
  const name = files["wasm"] ?? "";
  expect(gzipSync(readFileSync(join(dist, name)), { level: 9 }).length).toBeLessThan(900_000);
});
