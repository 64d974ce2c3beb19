// What the screens know of the device core. In a browser it runs as WebAssembly in a worker (`../browser`), on a phone over
// native bindings; the screens can't tell. Calls, answers and failures are `types.ts`, generated from the Rust crate
// `holdfast-app`, which says what each of them promises.

import { type Answers, type Call, type Change, FAILURE_WORDS, type Failure, type FailureCode } from "./types";
import type { Place, Seen, StoreKey } from "./types";

export * from "./types";

/** The answer to a call. */
export type AnswerTo<C extends Call> = Answers[C["call"]];

/** The calls with one name. */
export type CallNamed<N extends Call["call"]> = Extract<Call, { call: N }>;

/** This device's places, outbox and account. */
export interface Core {
  /**
   * Asks or commands. A command is durable when its promise is fulfilled; rejected, with a `CoreError`, nothing was changed
   * (but for the code `unavailable`, which leaves that open: the same call may be repeated, a capture under the same
   * `clientId`).
   *
   * Calls are carried out in the order in which they are made, whichever window makes them.
   *
   * `store`: whose places it is for, as `overview` named them when the person saw what they act on. Refused with the code
   * `other_account`, where other places are current when it comes to be carried out: another window may have signed out, or
   * in. Left out, it is carried out on those that are current then.
   */
  perform<C extends Call>(call: C, store?: StoreKey | undefined): Promise<AnswerTo<C>>;

  /**
   * Calls `listener` whenever what was answered before may have changed, by whatever window or from the server. A hint to
   * ask again. Returns the function that ends it.
   */
  subscribe(listener: (change: Change) => void): () => void;

  /** Lets go of the worker and of whatever it holds. Calls under way are rejected as `unavailable`. */
  close(): Promise<void>;
}

/** A `Failure` as an error that is thrown. `message` is its sentence. */
export class CoreError extends Error {
  override readonly name = "CoreError";

  constructor(readonly failure: Failure) {
    super(failure.sentence);
  }

  get code(): FailureCode {
    return this.failure.code;
  }

  get advice(): string {
    return this.failure.advice;
  }
}

/** A failure in the words of its code. */
export function failure(code: FailureCode, detail: string | null = null): Failure {
  return { code, ...FAILURE_WORDS[code], fields: [], detail, retryAfter: null };
}

/** What stood on the screen, for `edit`, `delete` and `restore`: hand in the place as it was shown. */
export function seen(place: Place): Seen {
  const { name, note, category, position, tags, deletedAt, version } = place;
  return { name, note, category, position, tags, deletedAt, version };
}

/** An id for a capture, made once for each tap (RFC 9562, version 7). Repeat the call with the same one. */
export function newClientId(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = Math.max(0, Math.floor(now));
  for (let i = 5; i >= 0; i--) {
    bytes[i] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
