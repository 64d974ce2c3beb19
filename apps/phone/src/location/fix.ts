import { distance } from "../geo/position";

/** What a location sensor said: degrees (WGS 84), metres, and when it was measured (milliseconds since 1970). */
export interface Fix {
  latitude: number;
  longitude: number;
  /** Horizontal uncertainty in metres; null where the sensor gave none. */
  accuracy: number | null;
  /** Metres above the ellipsoid or the sea, as the platform gives it; null where it gave none. */
  altitude: number | null;
  measuredAt: number;
}

/** Why there is no position. */
export type LocationProblem =
  /** The person or the platform does not allow it. */
  | "denied"
  /** The sensor says that it cannot find one at the moment. */
  | "unavailable"
  /** Nothing was heard in the time that we wait. */
  | "timeout";

/** How old a fix may be to stand for "here", in milliseconds. */
export const FRESH_MS = 10_000;
/** How uncertain a fix may be to stand for "here" at once, in metres. Anything worse is waited out first. */
export const ACCURATE_M = 50;
/** From here on a better fix is not worth the battery, in metres. */
export const GOOD_M = 5;
/** Beyond this, a fix tells a region and not a place; it is not taken for a capture, in metres. */
export const USELESS_M = 5_000;

/** How far a person on foot may have come since, in metres a second. */
const WALK = 1.4;

/** The fix as it stands for "here" at `now`: who knows how far one has walked since is as uncertain about it. */
export function aged(fix: Fix, now: number): Fix {
  const seconds = Math.max(0, now - fix.measuredAt) / 1_000;
  return { ...fix, accuracy: fix.accuracy === null ? null : fix.accuracy + WALK * seconds };
}

/** Whether this fix can be the position of a capture made at `now`, without waiting for another. */
export function standsForHere(fix: Fix | null, now: number): fix is Fix {
  if (!isPossible(fix) || fix.accuracy === null) return false;
  const age = now - fix.measuredAt;
  // A fix from the future tells of a clock that was changed; nothing is known about its age.
  return age >= -1_000 && age <= FRESH_MS && fix.accuracy <= ACCURATE_M;
}

/** Whether the numbers can be a position at all, and a useful one. */
export function isPossible(fix: Fix | null): fix is Fix {
  if (!fix || !Number.isFinite(fix.latitude) || !Number.isFinite(fix.longitude)) return false;
  if (Math.abs(fix.latitude) > 90 || Math.abs(fix.longitude) > 180) return false;
  return fix.accuracy === null || (Number.isFinite(fix.accuracy) && fix.accuracy >= 0 && fix.accuracy <= USELESS_M);
}

/** Whether `next` tells the position better than `best`. The core decides the same way; this only spares calls. */
export function isBetter(next: Fix, best: Fix | null): boolean {
  if (!best) return true;
  if (next.accuracy === null) return false;
  return best.accuracy === null || next.accuracy < best.accuracy;
}

/** How far fixes of one spot may lie apart beyond what they say of themselves, in metres. */
const SLACK_M = 25;

/**
 * Whether `next` can still be the spot where `first` was measured. Whoever drives on after the tap has left it: a fix from
 * elsewhere, however exact, is another place's. Accuracies are where two of three fixes lie, so twice as much is allowed.
 */
export function isSameSpot(next: Fix, first: Fix | null): boolean {
  if (!first || first.accuracy === null) return true;
  return distance(first, next) <= 2 * first.accuracy + (next.accuracy ?? 0) + SLACK_M;
}
