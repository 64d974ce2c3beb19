// What the person must know before anything else, the gravest first. Pure.

import type { Overview } from "../../core/src/core";

export type Banner =
  | { is: "recovered"; places: number; operations: number; at: string }
  | { is: "accountGone" }
  | { is: "signIn" }
  | { is: "updateApp" }
  | { is: "planFull"; places: number }
  | { is: "storage" }
  | { is: "offline" }
  | { is: "unreachable" };

export interface Surroundings {
  isOnline: boolean;
  /** When a recovery was last acknowledged, as the report's own time. */
  recoverySeen: string | null;
}

/** The banners of this moment. */
export function bannersOf({ account, status, storage }: Overview, { isOnline, recoverySeen }: Surroundings): Banner[] {
  const banners: Banner[] = [];
  const { recovery } = status;
  if (recovery && recovery.at !== recoverySeen) {
    banners.push({ is: "recovered", places: recovery.places, operations: recovery.operations, at: recovery.at });
  }
  if (status.paused === "accountGone") banners.push({ is: "accountGone" });
  else if (status.paused === "updateApp") banners.push({ is: "updateApp" });
  else if (account && (!account.signedIn || status.paused === "signIn")) banners.push({ is: "signIn" });
  if (status.planFull > 0) banners.push({ is: "planFull", places: status.planFull });
  if (storage.persisted !== "granted" && keepsAnything(status)) banners.push({ is: "storage" });
  if (account) {
    if (!isOnline) banners.push({ is: "offline" });
    else if (account.signedIn && (status.pushWaitsUntil || status.pullWaitsUntil) && !status.paused) banners.push({ is: "unreachable" });
  }
  return banners;
}

/** Places that are not sent before they have a position. */
export const withoutPosition = ({ places }: Overview["status"]): number => places.waitingForPosition + places.needsPosition;

/** What the server does not have: changes that wait, and places that wait for a position first. As the core counts at a sign-out. */
export const unsent = (status: Overview["status"]): number => status.pending + withoutPosition(status);

/** Something that only this device has. */
function keepsAnything(status: Overview["status"]): boolean {
  return unsent(status) + status.places.savedOnDevice > 0;
}

/** The line under the app's name. */
export type Summary =
  | { is: "local" }
  | { is: "fetching" }
  | { is: "attention"; places: number }
  | { is: "sending" | "pending" | "position"; changes: number }
  | { is: "synced" };

export function summaryOf({ account, status }: Overview): Summary {
  if (status.places.needsAttention > 0) return { is: "attention", places: status.places.needsAttention };
  if (!account) return { is: "local" };
  if (status.places.sending > 0) return { is: "sending", changes: Math.max(status.pending, status.places.sending) };
  if (status.pending > 0) return { is: "pending", changes: status.pending };
  if (withoutPosition(status) > 0) return { is: "position", changes: withoutPosition(status) };
  return status.caughtUp ? { is: "synced" } : { is: "fetching" };
}
