import { CoreError, type Failure } from "../../core/src/core";

/** The failure of an error that `perform` was rejected with. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CoreError) return error.failure;
  return {
    code: "unexpected",
    sentence: "Something in the app went wrong; nothing was changed.",
    advice: "Try again.",
    fields: [],
    detail: error instanceof Error ? error.message : String(error),
    retryAfter: null,
  };
}

/** Why the value of this field can't be taken, as a sentence; undefined where it is not at fault. */
export function fieldProblem(failure: Failure | null | undefined, field: string): string | undefined {
  const at = failure?.fields.find((each) => new RegExp(`(^|\\.)${field}($|[.[])`).test(each.field));
  return at && `It ${at.detail}.`;
}
