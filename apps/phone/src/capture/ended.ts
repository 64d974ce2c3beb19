// Searches for a position that are over while the core still expects one: it was told how long to wait when nobody knew yet that
// the person would refuse it. What is known here is known to this window alone; from then on the core says the same by itself.

import { useSyncExternalStore } from "react";
import type { Place, PlaceState } from "../core";
import type { LocationProblem } from "../location/fix";

const ended = new Map<string, LocationProblem>();
const listeners = new Set<() => void>();

const begun = new Set<string>();

/** This window looks for the position of this capture, or has. */
export const searchBegun = (clientId: string): void => void begun.add(clientId);
export const isSearched = (clientId: string): boolean => begun.has(clientId);

/** The search for this capture is over without a position; null: it has one after all. */
export function searchEnded(clientId: string, problem: LocationProblem | null): void {
  if (problem) ended.set(clientId, problem);
  else ended.delete(clientId);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** The state to show: nobody waits for a position that nobody looks for any more. */
export const stateNow = (state: PlaceState, problem: LocationProblem | null): PlaceState =>
  state.is === "waitingForPosition" && problem ? { is: "needsPosition" } : state;

/** How the place stands, and why it has no position where that is known. */
export function useStanding(place: Pick<Place, "clientId" | "state" | "position">): { state: PlaceState; problem: LocationProblem | null } {
  const { clientId, state, position } = place;
  const heard = useSyncExternalStore(subscribe, () => (clientId ? (ended.get(clientId) ?? null) : null));
  const problem = position ? null : heard;
  return { state: stateNow(state, problem), problem };
}
