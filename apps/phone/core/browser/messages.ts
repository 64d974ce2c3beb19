// What a page, its worker, and the workers of other windows say to each other.

import type { Answers, Call, Change, Failure, FailureCode, StoreKey } from "../src/core";

/** The name of the lock that the leader holds, and of the channel on which the others ask it. */
export const NAME = "holdfast-core";
/** The folder of the origin's private file system with the databases. */
export const FOLDER = "holdfast";

export type Answer = Answers[Call["call"]];

/** What a call came to. */
export type Result = { answer: Answer } | { failure: Failure };

/** A call, and how it came. */
export interface Asked {
  call: Call;
  /** It may have been carried out before. */
  again: boolean;
  /** Whose places it is for; null: those that are current when it is carried out. */
  store: StoreKey | null;
  /** When whoever asked has given it up, by the clock of this machine: not to be begun after that. Null: never. */
  until: number | null;
}

/** From a page to its worker. */
export type ToWorker =
  /** Carry this out. */
  | { type: "call"; id: number; asked: Asked }
  /** The person has come back to the window. */
  | { type: "visible" }
  /** The browser has refused to keep what is stored. */
  | { type: "persistenceDenied" };

/** From a worker to its page. */
export type ToPage =
  | ({ type: "result"; id: number } & Result)
  | { type: "change"; change: Change }
  /**
   * The worker can't go on and has to be replaced: calls without a result may have been carried out. `code`: what a call is told
   * that breaks the next one, too.
   */
  | { type: "broken"; detail: string; code?: FailureCode };

/**
 * The version of what workers say to each other: windows go on with the files that they began with, so that two versions of the app
 * can be open at a time. To be raised when a call, or its answer, changes. "who", "leading" and "result" with a failure stay as they are
 * for ever: they are how the older one is told to be loaded anew.
 */
export const VERSION = 1;

/** Between workers, on the channel; each with the `version` of whoever says it. */
export type BetweenWorkers =
  /** Who leads? */
  | { type: "who" }
  /** I do. */
  | { type: "leading"; leader: string }
  /** To the leader. */
  | { type: "call"; leader: string; from: string; id: number; asked: Asked }
  /** To one of the others. */
  | ({ type: "result"; to: string; id: number } & Result)
  | { type: "change"; change: Change }
  | { type: "visible" }
  | { type: "persistenceDenied" };
