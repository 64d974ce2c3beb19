// What the browser says about the storage.

import type { Live, Persisted } from "../src/core";

/** What the worker knows and the core does not. */
export interface Facts {
  persisted: Persisted;
  used: number | null;
  quota: number | null;
  live: Live;
  browser: string;
}

/** Asks the browser. `denied`: it has refused to keep what is stored when it was asked. */
export async function facts(live: Live, denied: boolean): Promise<Facts> {
  const [kept, estimate] = await Promise.all([
    navigator.storage?.persisted?.().catch(() => false) ?? false,
    navigator.storage?.estimate?.().catch(() => ({})) ?? {},
  ]);
  const { usage = null, quota = null } = estimate as StorageEstimate;
  const persisted = kept ? "granted" : denied ? "denied" : "unknown";
  return { persisted, used: usage, quota, live, browser: navigator.userAgent };
}
