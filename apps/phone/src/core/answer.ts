import { useCallback, useEffect, useRef, useState } from "react";
import type { AnswerTo, Call, Failure } from "../../core/src/core";
import { askAgain } from "./again";
import { failureOf } from "./failure";
import { useCore } from "./provider";

export interface Answered<A> {
  /** The newest answer to this very question; undefined until there is one. */
  data: A | undefined;
  /** Why there is none, if the last try failed. The answer before stays. */
  failure: Failure | undefined;
  refresh: () => void;
}

/** The answer to a question, kept current. Another question (compared by its content) begins anew; null asks nothing. */
export function useAnswer<C extends Call>(call: C | null): Answered<AnswerTo<C>> {
  const core = useCore();
  const key = JSON.stringify(call);
  const [state, setState] = useState<{ key: string; data?: AnswerTo<C>; failure?: Failure }>({ key });
  const asker = useRef<() => void>(() => undefined);
  useEffect(() => {
    const question = JSON.parse(key) as C | null;
    if (question === null) return;
    const again = askAgain(() =>
      core.perform(question).then(
        (data) => live && setState({ key, data }),
        (error: unknown) => live && setState((before) => ({ ...(before.key === key ? before : { key }), failure: failureOf(error) })),
      ),
    );
    let live = true;
    asker.current = again.ask;
    again.ask();
    const end = core.subscribe(again.ask);
    return () => {
      live = false;
      end();
      again.stop();
    };
  }, [core, key]);
  const refresh = useCallback(() => asker.current(), []);
  const mine = state.key === key ? state : undefined;
  return { data: mine?.data, failure: mine?.failure, refresh };
}
