// One press of "Save here", from the tap to the last better fix. It knows no screen: what happens is told.

import type { Core, DeleteOutcome, Failure, NewPosition, Place, Seen, StoreKey } from "../../core/src/core";
import { newClientId, seen as seenOf } from "../../core/src/core";
import { failureOf } from "../core/failure";
import { type Fix, type LocationProblem, standsForHere } from "../location/fix";
import { ANSWER_MS, FIRST_FIX_MS, type LocationSource, refine, soon, type Timers, timers, within } from "../location/refine";

/** How long the tap waits for the last known fix before it saves without one, in milliseconds. */
const LAST_KNOWN_MS = 150;

/** What became of it, in the order in which it happens. */
export type News =
  /** It is durable. `isWaiting`: without a position so far, and one is looked for. */
  | { is: "saved"; place: Place; isWaiting: boolean }
  /** It has its first position, or a better one. */
  | { is: "placed" | "improved"; place: Place }
  /** The search is over, and there is none. */
  | { is: "noPosition"; problem: LocationProblem }
  /** It is not saved. `retry` tries the same capture again: it can't become two. Fulfilled as `done` is. */
  | { is: "failed"; failure: Failure; retry: () => Promise<void> };

export interface Tools {
  core: Pick<Core, "perform">;
  /** Whose places the person sees. */
  shown: () => StoreKey | undefined;
  source: LocationSource;
  now?: () => number;
  clock?: Timers;
}

export interface Capture {
  readonly clientId: string;
  /** Ends the search and takes the capture back; null where that failed, and "changed" where something was typed there since. */
  undo: () => Promise<DeleteOutcome | "changed" | null>;
  /** Fulfilled when nothing more will happen by itself. */
  done: Promise<void>;
}

const positionOf = ({ latitude, longitude, accuracy, altitude }: Fix): NewPosition => ({ latitude, longitude, accuracy, altitude });

/**
 * Saves where the person is. The id is made at once; then the last known fix is taken if it stands for "here", else the
 * place is saved as waiting for its position, and better fixes are handed to the core as they come. "Saved" is only told
 * after the core has answered, which is after the commit.
 */
export function captureHere({ core, shown, source, now = Date.now, clock = timers }: Tools, tell: (news: News) => void): Capture {
  const tappedAt = now();
  let clientId = newClientId(tappedAt);
  // All of it is for these places, whatever account another window opens meanwhile.
  let store = shown();
  let isUndone = false;
  /** The place as the person last saw it here: what they take back. */
  let seen: Seen | undefined;
  /** Where the person was at the tap, as far as that is known. */
  let known: Fix | null = null;
  /** Looks for better positions, where there is something to look for. */
  let goOn = (): Promise<void> => Promise.resolve();
  let stop = () => undefined as void;

  const save = async (): Promise<void> => {
    const [last, isDenied, isAsked] = await Promise.all([
      soon(source, LAST_KNOWN_MS, clock),
      within(source.isDenied(), LAST_KNOWN_MS, clock),
      within(source.willAsk(), LAST_KNOWN_MS, clock),
    ]);
    // A try that comes later may come from somewhere else: where the person is then is not where they tapped.
    const isLate = now() - tappedAt > FIRST_FIX_MS;
    if (!isLate && standsForHere(last, now())) known = last;
    let isMissing = known === null;
    try {
      // Where the person has refused it, nothing is to be waited for; where they are asked, their answer is.
      const wait = isDenied || isLate ? 0 : isAsked ? ANSWER_MS + FIRST_FIX_MS : FIRST_FIX_MS;
      const waitUntil = () => new Date(now() + wait).toISOString();
      const capturedAt = new Date(tappedAt).toISOString();
      const where = known ? { position: positionOf(known) } : { waitUntil: waitUntil() };
      const { place } = await core.perform({ call: "capture", clientId, capturedAt, ...where }, store);
      if (isUndone) return;
      // A repeated call finds what the first one has made.
      isMissing = place.position === null;
      seen = seenOf(place);
      tell({ is: "saved", place, isWaiting: isMissing && wait > 0 });
      if (isLate) {
        if (isMissing) tell({ is: "noPosition", problem: "timeout" });
        return;
      }
    } catch (error) {
      const failure = failureOf(error);
      const retry = (): Promise<void> => {
        if (failure.code === "other_account") {
          // Under the account that is open now it is another place: the first try may have saved it under the former.
          clientId = newClientId(now());
          store = shown();
        }
        return save();
      };
      if (!isUndone) tell({ is: "failed", failure, retry });
      return;
    }
    goOn = () => improve(known, isMissing);
    await goOn();
  };

  const improve = async (known: Fix | null, isMissing: boolean): Promise<void> => {
    // In order: a fix that is answered late must not undo the better one behind it, and the core only takes better ones.
    let last: Promise<unknown> = Promise.resolve();
    let isStopped = false;
    const search = refine(
      source,
      (fix) => {
        last = last.then(async () => {
          if (isStopped) return;
          // What fails here is tried again with the next fix; the capture itself is safe.
          const answer = await core.perform({ call: "fix", clientId, position: positionOf(fix) }, store).catch(() => null);
          if (!answer || isStopped || answer.outcome === "notBetter") return;
          tell({ is: answer.outcome, place: answer.place });
        });
      },
      { clock, best: known },
    );
    stop = () => {
      isStopped = true;
      search.stop();
    };
    const found = await search.done;
    await last;
    if (!found.fix && isMissing && !isStopped) tell({ is: "noPosition", problem: found.problem });
  };

  const done = save();
  return {
    get clientId() {
      return clientId;
    },
    done,
    undo: async () => {
      isUndone = true;
      stop();
      try {
        return (await core.perform({ call: "undoCapture", clientId, ...(seen && { seen }) }, store)).outcome;
      } catch (error) {
        // It is still there, and still looks for where it is.
        isUndone = false;
        void goOn();
        return failureOf(error).code === "changed_since" ? "changed" : null;
      }
    },
  };
}
