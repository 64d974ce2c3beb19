// The browser's core is a script of its own, beside its worker and its WebAssembly (apps/phone/core/build.mjs), so that the
// service worker keeps them as they were built.

import type { Core } from "../../core/src/core";
import { words } from "../words";

const BASE = "/app/core/";

interface Client {
  openCore(options: { base: string }): Core;
}

/** Opens the core of this window. */
export async function loadCore(): Promise<Core> {
  const address = new URL(`${BASE}core.js`, location.origin).href;
  try {
    const { openCore } = (await import(/* @metro-ignore */ address)) as Client;
    return openCore({ base: BASE });
  } catch (error) {
    throw new Error(words.failure.notLoaded, { cause: error });
  }
}
