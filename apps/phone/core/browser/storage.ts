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

/** The part of a file's handle that is used; the types of a page don't have it. */
interface SyncHandle {
  write(bytes: Uint8Array, at: { at: number }): number;
  close(): void;
}

/** More than a few commits need. */
const ROOM = 256 * 1024;

/**
 * Whether there is no room left, tried with a file of its own: what a browser says of its quota is rounded, or made up to tell
 * nobody anything.
 */
export async function isFull(): Promise<boolean> {
  const name = `holdfast-room-${crypto.randomUUID()}`;
  try {
    const root = await navigator.storage.getDirectory();
    const file = (await root.getFileHandle(name, { create: true })) as unknown as {
      createSyncAccessHandle(): Promise<SyncHandle>;
    };
    const handle = await file.createSyncAccessHandle();
    try {
      return handle.write(new Uint8Array(ROOM), { at: 0 }) < ROOM;
    } finally {
      handle.close();
      await root.removeEntry(name);
    }
  } catch (error) {
    return error instanceof DOMException && error.name === "QuotaExceededError";
  }
}
