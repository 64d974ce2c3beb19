// What the person must know before anything else, the gravest first. Pure.

import type { Overview } from "../../core/src/core";
import { when, within } from "../time/when";
import { words } from "../words";
import { connectionOf } from "./connection";

export type Banner =
  | { is: "recovered"; places: number; operations: number; at: string }
  | { is: "accountGone" }
  | { is: "signIn" }
  | { is: "updateApp" }
  | { is: "planFull"; places: number }
  | { is: "typed" }
  | { is: "left"; of: Overview["left"] }
  | { is: "storage" }
  | { is: "offline" }
  | { is: "unreachable" }
  | { is: "putOff" };

export interface Surroundings {
  isOnline: boolean;
  /** When a recovery was last acknowledged, as the report's own time. */
  recoverySeen: string | null;
  /** The warning about the storage was put away, and is not due again. */
  storageAway: boolean;
  /** In how many places something was typed that has no page any more to be saved on. */
  strays: number;
}

/** The banners of this moment. */
export function bannersOf(overview: Overview, { isOnline, recoverySeen, storageAway, strays }: Surroundings): Banner[] {
  const { status, storage } = overview;
  const banners: Banner[] = [];
  const { recovery } = status;
  const connection = connectionOf(overview, isOnline);
  if (recovery && recovery.at !== recoverySeen) {
    banners.push({ is: "recovered", places: recovery.places, operations: recovery.operations, at: recovery.at });
  }
  if (connection === "accountGone" || connection === "updateApp" || connection === "signIn") banners.push({ is: connection });
  if (status.planFull > 0) banners.push({ is: "planFull", places: status.planFull });
  if (strays > 0) banners.push({ is: "typed" });
  // Where an account is open, its own matters come first; what others left is in the settings.
  if (!overview.account && overview.left.length > 0) banners.push({ is: "left", of: overview.left });
  if (storage.persisted !== "granted" && !storageAway && (keepsAnything(status) || overview.left.length > 0)) banners.push({ is: "storage" });
  // Whoever can't be served anyhow needs no network: one reason at a time.
  if (connection === "offline" || connection === "unreachable" || connection === "putOff") banners.push({ is: connection });
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
  | { is: "attention" | "apart"; places: number }
  | { is: "sending" | "pending" | "position"; changes: number }
  | { is: "synced" | "fetching" }
  /** Nothing waits, but the server says nothing at the moment. `at`: when it last did. */
  | { is: "heard" | "incomplete"; at: string | null };

export function summaryOf(overview: Overview, isOnline: boolean): Summary {
  const { status } = overview;
  const connection = connectionOf(overview, isOnline);
  if (status.places.needsAttention > 0) return { is: "attention", places: status.places.needsAttention };
  if (connection === "none") return { is: "local" };
  if (connection === "connected" && status.places.sending > 0) return { is: "sending", changes: Math.max(status.pending, status.places.sending) };
  if (status.pending > 0) return { is: "pending", changes: status.pending };
  if (withoutPosition(status) > 0) return { is: "position", changes: withoutPosition(status) };
  if (connection !== "connected") return { is: status.caughtUp ? "heard" : "incomplete", at: status.lastPullAt };
  if (status.caughtUp && overview.adoption.places > 0) return { is: "apart", places: overview.adoption.places };
  return { is: status.caughtUp ? "synced" : "fetching" };
}

/** The same in words. */
export function summaryText(summary: Summary, now: number): string {
  const { summary: said } = words;
  switch (summary.is) {
    case "attention":
    case "apart":
      return said[summary.is](summary.places);
    case "sending":
    case "pending":
    case "position":
      return said[summary.is](summary.changes);
    case "heard":
    case "incomplete":
      return summary.at ? said[summary.is](within(when(Date.parse(summary.at), now))) : said.neverHeard;
    default:
      return said[summary.is];
  }
}
