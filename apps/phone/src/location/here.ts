import type { LatLon } from "../geo/position";

/** A fix that was heard of. */
export interface Known extends LatLon {
  /** Milliseconds since 1970. */
  measuredAt: number;
}

/** So long a fix tells where the person is, in milliseconds. */
const HERE_MS = 2 * 60_000;

/** Where the person is; null where the fix is too old to say so. */
export const hereOf = (known: Known | null, now: number): LatLon | null => (known && now - known.measuredAt <= HERE_MS ? known : null);
