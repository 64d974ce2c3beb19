import { type Fix, GOOD_M, isBetter, isPossible, isSameSpot, type LocationProblem } from "./fix";

/** Where fixes come from: a phone's sensors, a browser, or a test. */
export interface LocationSource {
  /** The last fix that is known without asking the sensor; null soon, where there is none. Never asks for permission. */
  lastKnown(): Promise<Fix | null>;
  /** Whether asking for a position is of no use, because the person has refused it. Never asks for permission. */
  isDenied(): Promise<boolean>;
  /**
   * Asks for permission if need be, then tells each fix and each problem until the returned function is called. It may
   * never call back at all: whoever watches keeps the time. `onAsking` hears when the person is being asked for the
   * permission (true), and when they have answered (false).
   */
  watch(onFix: (fix: Fix) => void, onProblem: (problem: LocationProblem) => void, onAsking?: (isAsked: boolean) => void): () => void;
  /** Whether the person will be asked for permission. Never asks for it. */
  willAsk(): Promise<boolean>;
}

/** The part of a clock that waiting needs; handed in so that tests don't wait. */
export interface Timers {
  set(call: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

/** Timers of the platform. */
export const timers: Timers = {
  set: (call, ms) => setTimeout(call, ms),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

/** How a search ended: with the best fix, or with the reason why there is none. */
export type Found = { fix: Fix; problem?: undefined } | { fix: null; problem: LocationProblem };

/** How long better fixes are waited for after the tap, in milliseconds. */
export const REFINE_MS = 10_000;
/** How long a first fix is waited for where there is none yet, in milliseconds: a cold GPS needs its time. */
export const FIRST_FIX_MS = 20_000;
/** How long the person may take to allow it, in milliseconds: the time for the sensor begins then. */
export const ANSWER_MS = 60_000;

/**
 * Watches for better fixes. `onFix` hears the first useful one and each that is better than those before. It ends when
 * one is good enough, when the permission is refused, or when the time is over: `refineMs` with a fix, `firstMs` without.
 * "Unavailable" does not end it: sensors say so and then find one. While the person is asked for permission no sensor looks, so
 * that time does not count; a question without an answer ends the search after `ANSWER_MS`.
 *
 * Returns the result and a way to stop early (the result is then what there was).
 */
export function refine(
  source: LocationSource,
  onFix: (fix: Fix) => void,
  { clock = timers, refineMs = REFINE_MS, firstMs = FIRST_FIX_MS, best = null as Fix | null } = {},
): { done: Promise<Found>; stop: () => void } {
  let problem: LocationProblem = "timeout";
  /** What the tap meant: later fixes make it more exact, and don't follow the person. */
  let first = best;
  let finish: () => void = () => undefined;
  const done = new Promise<Found>((resolve) => {
    let over = false;
    let windowOver = false;
    let unwatch: (() => void) | undefined;
    let waiting: unknown[] = [];
    const wait = (...timers: [call: () => void, ms: number][]) => {
      for (const timer of waiting) clock.clear(timer);
      waiting = over ? [] : timers.map(([call, ms]) => clock.set(call, ms));
    };
    // Both run from the tap: a first fix that comes after the window is taken, and is the last one.
    const begin = () =>
      wait(
        [
          () => {
            windowOver = true;
            if (best) finish();
          },
          refineMs,
        ],
        [() => finish(), Math.max(firstMs, refineMs)],
      );
    finish = () => {
      if (over) return;
      over = true;
      wait();
      unwatch?.();
      resolve(best ? { fix: best } : { fix: null, problem });
    };
    begin();
    /** A sensor that says something was allowed to, whether or not the platform told of the answer. */
    let isAsked = false;
    const answered = () => {
      if (isAsked) begin();
      isAsked = false;
    };
    unwatch = source.watch(
      (fix) => {
        answered();
        if (over || !isPossible(fix) || !isBetter(fix, best) || !isSameSpot(fix, first)) return;
        first ??= fix;
        best = fix;
        onFix(fix);
        if (windowOver || (fix.accuracy !== null && fix.accuracy <= GOOD_M)) finish();
      },
      (heard) => {
        if (over) return;
        problem = heard;
        answered();
        if (heard === "denied") finish();
      },
      (isAsking) => {
        if (isAsking) wait([() => finish(), ANSWER_MS]);
        else answered();
        isAsked = isAsking;
      },
    );
    // A source may call back before it returns.
    if (over) unwatch();
  });
  return { done, stop: () => finish() };
}

/** An answer, but only if it comes within `ms`; else null. */
export function within<T>(answer: Promise<T>, ms: number, clock: Timers = timers): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = clock.set(() => resolve(null), ms);
    const settle = (value: T | null) => {
      clock.clear(timer);
      resolve(value);
    };
    answer.then(settle, () => settle(null));
  });
}

/** The last known fix, but only if it comes within `ms`: a capture does not wait for a sensor. */
export const soon = (source: LocationSource, ms: number, clock: Timers = timers): Promise<Fix | null> => within(source.lastKnown(), ms, clock);
