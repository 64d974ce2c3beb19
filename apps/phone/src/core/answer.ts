import { useEffect, useState } from "react";
import type { AnswerTo, Call, Failure } from "../../core/src/core";
import { askAgain } from "./again";
import { failureOf } from "./failure";
import { useCore } from "./provider";
import { afterFailure, type Standing } from "./stale";

export interface Answered<A> {
  /** The newest answer to this very question; undefined until there is one, and when what it was about is gone. */
  data: A | undefined;
  /** Why there is none, if the last try failed. The answer before stays where it can still be true. */
  failure: Failure | undefined;
}

/** The answer to a question, kept current. Another question (compared by its content) begins anew; null asks nothing. */
export function useAnswer<C extends Call>(call: C | null): Answered<AnswerTo<C>> {
  const core = useCore();
  const key = JSON.stringify(call);
  const [state, setState] = useState<Standing<AnswerTo<C>> & { key: string }>({ key });
  useEffect(() => {
    const question = JSON.parse(key) as C | null;
    if (question === null) return;
    let live = true;
    let isOtherAccount = false;
    const again = askAgain(() =>
      core.perform(question).then(
        (data) => {
          isOtherAccount = false;
          if (live) setState({ key, data });
        },
        (error: unknown) => {
          if (live) setState((before) => ({ key, ...afterFailure(before.key === key ? before : {}, failureOf(error), isOtherAccount) }));
        },
      ),
    );
    again.ask();
    const end = core.subscribe((change) => {
      isOtherAccount ||= change.what === "account";
      again.ask();
    });
    return () => {
      live = false;
      end();
      again.stop();
    };
  }, [core, key]);
  const mine = state.key === key ? state : undefined;
  return { data: mine?.data, failure: mine?.failure };
}
