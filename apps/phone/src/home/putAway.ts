// The warning that the browser has promised nothing is put away for a while; what it says stays in the settings, and with each save. Pure.

import type { Persisted } from "../../core/src/core";

/** How long it stays away while nothing changes: browsers that clear by themselves do so after a week without a visit. */
const AWAY_MS = 7 * 24 * 60 * 60_000;

/** What is remembered of its being put away now. */
export const putAway = (persisted: Persisted, now: number): string => `${persisted} ${now}`;

/** Whether it is still away: for a week, and only as long as the browser's answer is the one that was read. */
export function isAway(remembered: string | null, persisted: Persisted, now: number): boolean {
  const [was, at] = (remembered ?? "").split(" ");
  const since = now - Number(at);
  // A clock that was put back would keep it away for longer than anybody meant.
  return was === persisted && since >= 0 && since < AWAY_MS;
}
