// One watch of the sensor for whoever needs it. A second capture soon after the first would otherwise ask a sensor that has nothing
// new to say, and get nothing.

import { aged, type Fix, FRESH_MS, type LocationProblem } from "./fix";
import { type LocationSource, type Timers, timers, within } from "./refine";

interface Watcher {
  onFix: (fix: Fix) => void;
  onProblem: (problem: LocationProblem) => void;
  onAsking: ((isAsked: boolean) => void) | undefined;
}

/** How long the sensor's own last fix is waited for, in milliseconds, where nobody watches it. */
const ASK_MS = 100;

/**
 * The same source, watched once however many watch it, until the last of them ends. What it said last is handed on while it is
 * fresh, as uncertain as it has become by then.
 */
export function shared(source: LocationSource, now: () => number = Date.now, clock: Timers = timers): LocationSource {
  const watchers = new Set<Watcher>();
  let unwatch: (() => void) | undefined;
  let last: Fix | null = null;
  let isAsking = false;

  const recent = (): Fix | null => {
    const age = last ? now() - last.measuredAt : Number.POSITIVE_INFINITY;
    // A fix from the future tells of a clock that was changed.
    return last && age >= -1_000 && age <= FRESH_MS ? aged(last, now()) : null;
  };
  const hear = (fix: Fix) => {
    last = fix;
    for (const { onFix } of [...watchers]) onFix(fix);
  };

  return {
    isDenied: () => source.isDenied(),
    willAsk: () => source.willAsk(),
    async lastKnown() {
      const known = recent();
      // While it is watched, nothing is newer than what it said last.
      if (known && watchers.size > 0) return known;
      const asked = await within(source.lastKnown(), ASK_MS, clock);
      return asked && (!known || asked.measuredAt >= known.measuredAt) ? asked : known;
    },
    watch(onFix, onProblem, onAsking) {
      const watcher: Watcher = { onFix, onProblem, onAsking };
      const known = recent();
      watchers.add(watcher);
      // Whoever comes while the person is being asked waits for the same answer.
      if (unwatch && isAsking) onAsking?.(true);
      if (known) onFix(known);
      // Hearing it may have been enough.
      if (watchers.has(watcher) && !unwatch) {
        const end = source.watch(
          hear,
          (problem) => {
            for (const { onProblem } of [...watchers]) onProblem(problem);
          },
          (isAsked) => {
            isAsking = isAsked;
            for (const { onAsking } of [...watchers]) onAsking?.(isAsked);
          },
        );
        // A source may call back before it returns.
        if (watchers.size > 0) unwatch = end;
        else end();
      }
      return () => {
        watchers.delete(watcher);
        if (watchers.size > 0) return;
        unwatch?.();
        unwatch = undefined;
        isAsking = false;
      };
    },
  };
}
