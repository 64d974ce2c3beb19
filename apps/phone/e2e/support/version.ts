// A new version of the app on the server.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serviceWorker } from "../../web/build/scripts.mjs";
import type { Page } from "./all";
import type { Network } from "./network";

export const dist = join(import.meta.dirname, "../../dist");

/** From now on the server hands out a new version: its page says so in a mark of its own. */
export async function publish(network: Network, mark: string): Promise<void> {
  const built = JSON.parse(readFileSync(join(dist, "build.json"), "utf8")) as { files: Record<string, string> };
  const names = Object.keys(built.files).filter((name) => name !== "service-worker.js");
  const files = new Map<string, string | Buffer>(names.map((name) => [name, readFileSync(join(dist, name))]));
  const page = String(files.get("index.html")).replace("<title>", `<meta name="mark" content="${mark}"><title>`);
  files.set("index.html", page);
  const { script } = await serviceWorker(files);
  network.rewrite(/^\/app\/index\.html$/, () => page);
  network.rewrite(/^\/app\/service-worker\.js$/, () => Buffer.from(script));
}

/** Which version the page is of. */
export const mark = (page: Page): Promise<string> => page.evaluate(() => document.querySelector("meta[name=mark]")?.getAttribute("content") ?? "first");

/** Waits until a new version is there, whole, and waits for its turn. */
export const newVersionWaits = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    await new Promise<void>((resolve) => {
      const look = () => (registration.waiting ? resolve() : setTimeout(look, 20));
      look();
    });
  });
