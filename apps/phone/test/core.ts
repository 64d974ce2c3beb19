// A core in memory: it answers what a test says, and notes what it was asked.

import { type Answers, type Call, type CallNamed, type Change, type Core, CoreError, failure, type Overview, type Place } from "../core/src/core";
import { overview } from "./overview";

export type Replies = { [N in Call["call"]]?: (call: CallNamed<N>) => Answers[N] | Promise<Answers[N]> };

export class FakeCore implements Core {
  readonly calls: Call[] = [];
  readonly replies: Replies;
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(replies: Replies = {}) {
    this.replies = { overview: () => ({ ...overview({}), store: "ada" }) as Overview, ...replies };
  }

  /** Whose places are open. */
  store = "ada";

  perform: Core["perform"] = async (call, store) => {
    this.calls.push(call);
    if (store !== undefined && store !== this.store) throw new CoreError(failure("other_account"));
    const reply = this.replies[call.call] as ((call: Call) => never) | undefined;
    if (!reply) throw new Error(`not expected: ${call.call}`);
    return reply(call);
  };

  subscribe = (listener: (change: Change) => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  close = () => Promise.resolve();

  /** How many hear of changes. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** What it was asked under this name, in order. */
  asked<N extends Call["call"]>(name: N): CallNamed<N>[] {
    return this.calls.filter((call): call is CallNamed<N> => call.call === name);
  }

  /** Something may have changed. */
  tell(what: Change["what"]): void {
    for (const listener of [...this.#listeners]) listener({ what });
  }
}

/** An answer that comes when the test says so. */
export function later<T>() {
  let give: (value: T) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const answer = new Promise<T>((resolve, reject) => {
    [give, fail] = [resolve, reject];
  });
  return { answer, give, fail };
}

/** One's own place, as this device has it, but for what is said. */
export const place = (change: Partial<Place> = {}): Place =>
  ({
    key: "ada-1",
    clientId: "c1",
    id: null,
    version: null,
    name: "Spring",
    note: null,
    category: null,
    tags: [],
    position: null,
    positionSource: null,
    role: "owner",
    deletedAt: null,
    capturedAt: "2026-11-04T09:10:00Z",
    state: { is: "savedOnDevice" },
    ...change,
  }) as Place;
