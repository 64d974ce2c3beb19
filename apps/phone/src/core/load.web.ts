import { openCore } from "../../core/dist/core";
import type { Core } from "../../core/src/core";

/** Opens the core of this window. */
export const loadCore = async (): Promise<Core> => openCore({ base: "/app/core/" });
