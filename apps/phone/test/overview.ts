// How a device stands, as a test says it.

import type { Overview } from "../core/src/core";

/** A device without an account, or with one where it is said; all is well but for what is said. */
export const overview = (change: { account?: Partial<Overview["account"]> | null; status?: Partial<Overview["status"]>; persisted?: "granted" | "denied" | "unknown"; apart?: number; left?: Overview["left"] }): Overview =>
  ({
    account:
      change.account === undefined ? null : change.account && { email: "a@example.org", server: "https://example.org", deviceName: "Phone", signedIn: true, unencrypted: false, ...change.account },
    status: {
      places: { savedOnDevice: 0, sending: 0, synced: 0, needsAttention: 0, waitingForPosition: 0, needsPosition: 0 },
      trash: 0,
      pending: 0,
      conflicts: 0,
      rejected: 0,
      planFull: 0,
      caughtUp: true,
      paused: null,
      lastPullAt: null,
      pushWaitsUntil: null,
      pullWaitsUntil: null,
      recovery: null,
      ...change.status,
    },
    adoption: { places: change.apart ?? 0, ask: false },
    left: change.left ?? [],
    storage: { persisted: change.persisted ?? "granted", used: null, quota: null },
    leader: "here",
    live: "off",
    version: "0.1.0",
  }) as Overview;
