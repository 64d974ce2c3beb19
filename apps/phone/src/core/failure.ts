import { type CoreError, type Failure, failure, type OutboxEntry } from "../../core/src/core";

// By its name: in a browser the core is a script of its own, whose class is another one.
const isCoreError = (error: unknown): error is CoreError => error instanceof Error && error.name === "CoreError" && "failure" in error;

/** The failure of an error that `perform` was rejected with. */
export function failureOf(error: unknown): Failure {
  if (isCoreError(error)) return error.failure;
  return failure("unexpected", error instanceof Error ? error.message : String(error));
}

/** Why the value of this field can't be taken, as a sentence; undefined where it is not at fault. */
export function fieldProblem(failure: Pick<Failure, "fields"> | null | undefined, field: string): string | undefined {
  const at = failure?.fields.find((each) => new RegExp(`(^|\\.)${field}($|[.[])`).test(each.field));
  return at && `It ${at.detail}.`;
}

/** The same of what the server has refused for good, which the core keeps until it is mended or discarded. */
export function refusedProblem(entries: readonly Pick<OutboxEntry, "state">[], field: string): string | undefined {
  for (const { state } of entries) {
    const problem = state.is === "rejected" ? fieldProblem({ fields: state.problem.errors ?? [] }, field) : undefined;
    if (problem) return problem;
  }
  return undefined;
}
