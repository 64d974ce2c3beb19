import { useCallback, useState } from "react";
import type { AnswerTo, Call, Failure } from "../../core/src/core";
import { useSay } from "../ui/Toast";
import { failureOf } from "./failure";
import { useCore } from "./provider";
import { useLatest } from "../ui/useLatest";

export interface Command {
  /** Carries the call out. A failure is said (unless `quiet`), kept in `failure`, and answered as null. */
  run: <C extends Call>(call: C, quiet?: boolean) => Promise<AnswerTo<C> | null>;
  /**
   * The same for a call that says what the person saw: "changed" where another window has changed that since. Nothing was done
   * then, and nothing is said of it: whoever calls looks again, and asks the person.
   */
  runSeen: <C extends Call>(call: C) => Promise<AnswerTo<C> | "changed" | null>;
  /** Under way. */
  busy: boolean;
  failure: Failure | null;
}

/** Commands of one screen. */
export function useCommand(): Command {
  const core = useCore();
  const say = useSay();
  const [running, setRunning] = useState(0);
  const [failure, setFailure] = useState<Failure | null>(null);
  const sayer = useLatest(say);
  const attempt = useCallback(
    async <C extends Call>(call: C, quiet: boolean, asksAgain: boolean): Promise<AnswerTo<C> | "changed" | null> => {
      setRunning((n) => n + 1);
      setFailure(null);
      try {
        return await core.perform(call);
      } catch (error) {
        const failed = failureOf(error);
        if (asksAgain && failed.code === "changed_since") return "changed";
        setFailure(failed);
        if (!quiet) sayer.current({ text: `${failed.sentence} ${failed.advice}`, tone: "danger", ms: 10_000 });
        return null;
      } finally {
        setRunning((n) => n - 1);
      }
    },
    [core, sayer],
  );
  const run = useCallback(
    async <C extends Call>(call: C, quiet = false) => {
      const answer = await attempt(call, quiet, false);
      return answer === "changed" ? null : answer;
    },
    [attempt],
  );
  const runSeen = useCallback(<C extends Call>(call: C) => attempt(call, false, true), [attempt]);
  return { run, runSeen, busy: running > 0, failure };
}
