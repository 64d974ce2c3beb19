// The warning that the browser has promised nothing is put away for a while; what it says stays in the settings, and with each save. Pure.

/** How long it stays away: browsers that clear by themselves do so after a week without a visit. */
const AWAY_MS = 7 * 24 * 60 * 60_000;

/** What is remembered of its being put away now. */
export const putAway = (now: number): string => String(now);

/** Whether it is still away. A clock that was put back would keep it away for longer than anybody meant. */
export function isAway(remembered: string, now: number): boolean {
  const since = now - Number(remembered || "never");
  return since >= 0 && since < AWAY_MS;
}
