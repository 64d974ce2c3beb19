import type { Call, Core, StoreKey } from "../../core/src/core";

/** What only asks, or is about this phone itself: right for whichever account is open when it is answered. */
const FOR_ANY: ReadonlySet<Call["call"]> = new Set<Call["call"]>([
  "overview",
  "list",
  "inUse",
  "place",
  "outbox",
  "diagnostics",
  "persist",
  "sync",
]);

/**
 * The core for the screens: what a person does is done to the places that they see (`shown`), or refused where another window
 * has opened another account's meanwhile.
 */
export function boundTo(core: Core, shown: () => StoreKey | undefined): Core {
  return {
    perform: (call, store) => core.perform(call, store ?? (FOR_ANY.has(call.call) ? undefined : shown())),
    subscribe: (listener) => core.subscribe(listener),
    close: () => core.close(),
  };
}
