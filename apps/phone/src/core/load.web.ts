// The browser's core: its client is a part of this script, and names the worker and the WebAssembly beside it by their hashes. So a
// window never runs the screens of one version with the core of another.

import { openCore } from "../../core/dist/core";
import type { Core } from "../../core/src/core";

/** Opens the core of this window. */
export const loadCore = (): Promise<Core> => Promise.resolve(openCore({ base: "/app/core/" }));
