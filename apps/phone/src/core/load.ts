// iOS and Android. The browser's: load.web.ts.

import type { Core } from "../../core/src/core";
import { words } from "../words";

/** The native bindings (crates/ffi) do not exist yet: this says so rather than pretend to keep a place. */
export function loadCore(): Promise<Core> {
  return Promise.reject(new Error(words.failure.noCore));
}
