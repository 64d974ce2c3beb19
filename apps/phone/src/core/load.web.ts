// The browser's core: its client is a part of this script, and names the worker and the WebAssembly beside it by their hashes. So a
// window never runs the screens of one version with the core of another.

import { openCore } from "../../core/dist/core";
import type { Core } from "../../core/src/core";
import { words } from "../words";

/** Opens the core of this window. Rejected, with words for a person, where browsers give a page nothing to keep places in. */
export async function loadCore(): Promise<Core> {
  // Storage, location and the worker that opens the app offline are for addresses that nobody can listen in on.
  if (!window.isSecureContext) throw new Error(words.failure.notSecure);
  return openCore({ base: "/app/core/" });
}
