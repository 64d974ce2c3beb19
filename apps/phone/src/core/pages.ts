import { useCallback, useEffect, useRef, useState } from "react";
import type { Core, Failure } from "../../core/src/core";
import { askAgain } from "./again";
import { failureOf } from "./failure";
import { useCore } from "./provider";
import { useStill } from "../ui/useStill";
import { afterFailure, type Standing } from "./stale";
import { upTo } from "./upTo";

const PAGE = 50;

/** Asks for what comes behind `after`, at most `limit`. `next` is where the following part begins, null at the end. */
export type AskPage<Q, T, N> = (core: Core, query: Q, limit: number, after: N | null) => Promise<{ items: T[]; next: N | null }>;

export interface Paged<Q, T> {
  /** Undefined until the first answer. While another question is not yet answered: what the one before had. */
  items: T[] | undefined;
  /** The question that `items` answer. */
  query: Q | undefined;
  failure: Failure | undefined;
  hasMore: boolean;
  loadMore: () => void;
}

/**
 * The answers to a question (compared by its content), kept current, page after page: each begins where the one before ended,
 * whatever came meanwhile. `ask` is one of a module, not of a render.
 */
export function usePages<Q, T, N>(query: Q, ask: AskPage<Q, T, N>): Paged<Q, T> {
  const core = useCore();
  const key = JSON.stringify(query);
  const [newest, setState] = useState<Standing<T[]> & { key: string; next?: N | null }>({ key });
  // Rows don't move under a finger.
  const state = useStill(newest);
  const wanted = useRef(PAGE);
  const asker = useRef<() => void>(() => undefined);
  useEffect(() => {
    wanted.current = PAGE;
    let live = true;
    let isOtherAccount = false;
    const question = JSON.parse(key) as Q;
    const again = askAgain(async () => {
      try {
        const { items, next } = await upTo((limit, after: N | null) => ask(core, question, limit, after), () => (live ? wanted.current : 0));
        isOtherAccount = false;
        if (live) setState({ key, data: items, next });
      } catch (error) {
        if (live) setState((before) => ({ key, ...(before.key === key ? { next: before.next, ...afterFailure(before, failureOf(error), isOtherAccount) } : { failure: failureOf(error) }) }));
      }
    });
    asker.current = again.ask;
    again.ask();
    const end = core.subscribe((change) => {
      isOtherAccount ||= change.what === "account";
      // The live stream or the storage: nothing that a list shows.
      if (change.what !== "overview") again.ask();
    });
    return () => {
      live = false;
      end();
      again.stop();
    };
  }, [core, key, ask]);
  const isCurrent = state.key === key;
  const loaded = state.data?.length ?? 0;
  const hasMore = isCurrent && loaded > 0 && state.next != null;
  const loadMore = useCallback(() => {
    if (!hasMore) return;
    wanted.current = Math.max(wanted.current, loaded + PAGE);
    asker.current();
  }, [hasMore, loaded]);
  return {
    items: state.data,
    query: state.data && (JSON.parse(state.key) as Q),
    failure: isCurrent ? state.failure : undefined,
    hasMore,
    loadMore,
  };
}
