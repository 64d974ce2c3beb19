// A sensor and a clock that do what a test says.

import type { Fix, LocationProblem } from "../src/location/fix";
import type { LocationSource, Timers } from "../src/location/refine";

export const fix = (change: Partial<Fix> = {}): Fix => ({ latitude: 47.3769, longitude: 8.5417, accuracy: 10, altitude: null, measuredAt: 0, ...change });

type Watcher = { say: (fix: Fix) => void; fail: (problem: LocationProblem) => void; ask: ((isAsked: boolean) => void) | undefined };

export class FakeSource implements LocationSource {
  last: Promise<Fix | null> = Promise.resolve(null);
  problemAtOnce: LocationProblem | null = null;
  #watching = new Set<Watcher>();

  isRefused: Promise<boolean> = Promise.resolve(false);

  lastKnown = () => this.last;

  isDenied = () => this.isRefused;

  isQuestion: Promise<boolean> = Promise.resolve(false);

  willAsk = () => this.isQuestion;

  watch(say: (fix: Fix) => void, fail: (problem: LocationProblem) => void, ask?: (isAsked: boolean) => void): () => void {
    const watcher = { say, fail, ask };
    this.#watching.add(watcher);
    if (this.problemAtOnce) fail(this.problemAtOnce);
    return () => this.#watching.delete(watcher);
  }

  get watchers(): number {
    return this.#watching.size;
  }

  /** Those who watch now; a sensor may still call them after they have left. */
  held(): Watcher {
    return [...this.#watching][0]!;
  }

  say(fix: Fix): void {
    for (const watcher of [...this.#watching]) watcher.say(fix);
  }

  /** The platform asks the person for permission, or has its answer. */
  ask(isAsked: boolean): void {
    for (const watcher of [...this.#watching]) watcher.ask?.(isAsked);
  }

  fail(problem: LocationProblem): void {
    for (const watcher of [...this.#watching]) watcher.fail(problem);
  }
}

export class FakeClock implements Timers {
  #now = 0;
  #timers = new Map<object, { at: number; call: () => void }>();

  set = (call: () => void, ms: number): unknown => {
    const timer = {};
    this.#timers.set(timer, { at: this.#now + ms, call });
    return timer;
  };

  clear = (timer: unknown): void => void this.#timers.delete(timer as object);

  get waiting(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    this.#now += ms;
    for (const [timer, { at, call }] of [...this.#timers].sort(([, a], [, b]) => a.at - b.at)) {
      if (at <= this.#now && this.#timers.delete(timer)) call();
    }
  }
}
