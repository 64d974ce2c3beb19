// What stays on the screen after a question was asked again in vain. Pure.

import type { Failure } from "../../core/src/core";

/** What a screen has: the newest answer, and why the last try failed, if it did. */
export interface Standing<A> {
  data?: A;
  failure?: Failure;
}

/** These say that what was shown is gone, or somebody else's. */
const OVER = new Set<Failure["code"]>(["no_such_place", "other_account"]);

/**
 * After a failure the answer before stays, as the place itself does; but not where the failure says that it is gone, nor where
 * the account has changed since it was given.
 */
export function afterFailure<A>(before: Standing<A>, failure: Failure, isOtherAccount: boolean): Standing<A> {
  if (isOtherAccount || OVER.has(failure.code) || before.data === undefined) return { failure };
  return { data: before.data, failure };
}
