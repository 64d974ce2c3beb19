// Searches that ended with the app: a place that still waits for its position gets one after all, if the app is opened again soon.

import type { Core, Place } from "../../core/src/core";
import type { LocationProblem } from "../location/fix";
import { FIRST_FIX_MS, type LocationSource, refine, type Timers, timers } from "../location/refine";
import { isSearched, searchBegun } from "./ended";

/** How it ended: with a position, or with the reason why there is none. */
type Tell = (place: Place, problem: LocationProblem | null) => void;

/** For how long a place's position may still be looked for, in milliseconds; afterwards the person may have gone anywhere. */
export const remaining = ({ capturedAt }: Pick<Place, "capturedAt">, now: number): number => Math.min(FIRST_FIX_MS, Date.parse(capturedAt) + FIRST_FIX_MS - now);

/** Goes on looking for these places' positions, where nobody does and there is time left. Returns when that is over. */
export async function resumeSearches(
  { core, source, now = Date.now, clock = timers }: { core: Pick<Core, "perform">; source: LocationSource; now?: () => number; clock?: Timers },
  places: readonly Place[],
  tell: Tell,
): Promise<void> {
  const open = places.filter(({ state, clientId }) => state.is === "waitingForPosition" && clientId !== null && !isSearched(clientId));
  await Promise.all(
    open.map(async (place) => {
      const left = remaining(place, now());
      const { clientId } = place;
      if (left <= 0 || clientId === null) return tell(place, "timeout");
      searchBegun(clientId);
      let last: Promise<unknown> = Promise.resolve();
      const search = refine(
        source,
        ({ latitude, longitude, accuracy, altitude }) => {
          const position = { latitude, longitude, accuracy, altitude };
          // What fails here is tried again with the next fix; the capture itself is safe.
          last = last.then(() => core.perform({ call: "fix", clientId, position }).catch(() => null));
        },
        { clock, refineMs: Math.min(left, REFINE_AGAIN_MS), firstMs: left },
      );
      const found = await search.done;
      await last;
      tell(place, found.fix ? null : found.problem);
    }),
  );
}

/** Better fixes are waited for so long once there is one, in milliseconds. */
const REFINE_AGAIN_MS = 5_000;
