import { useCallback, useEffect, useRef, useState } from "react";
import { type Failure, failureOf, type List, type Page, type Place, useCore } from "../core";
import { askAgain } from "../core/again";

const PAGE = 50;
/** What is loaded already is asked for again in pieces of this size. */
const AGAIN = 500;

export interface Listed {
  /** Undefined until the first answer. */
  places: Place[] | undefined;
  failure: Failure | undefined;
  hasMore: boolean;
  loadMore: () => void;
}

/** The places of a query, kept current, page after page (each begins where the one before ended, whatever came meanwhile). */
export function useList(query: List): Listed {
  const core = useCore();
  const key = JSON.stringify(query);
  const [state, setState] = useState<{ key: string; places?: Place[]; next?: string | null; failure?: Failure }>({ key });
  const wanted = useRef(PAGE);
  const asker = useRef<() => void>(() => undefined);
  useEffect(() => {
    wanted.current = PAGE;
    let live = true;
    const list = JSON.parse(key) as List;
    const ask = async () => {
      const places: Place[] = [];
      let next: string | null = null;
      try {
        do {
          const limit = Math.min(AGAIN, wanted.current - places.length);
          const page: Page = await core.perform({ call: "list", ...list, limit, after: next });
          places.push(...page.places);
          next = page.next;
        } while (live && next && places.length < wanted.current);
        if (live) setState({ key, places, next });
      } catch (error) {
        if (live) setState((before) => ({ ...(before.key === key ? before : { key }), failure: failureOf(error) }));
      }
    };
    const again = askAgain(ask);
    asker.current = again.ask;
    again.ask();
    const end = core.subscribe((change) => {
      // The live stream or the storage: nothing that a list shows.
      if (change.what !== "overview") again.ask();
    });
    return () => {
      live = false;
      end();
      again.stop();
    };
  }, [core, key]);
  const mine = state.key === key ? state : undefined;
  const loaded = mine?.places?.length ?? 0;
  const hasMore = Boolean(mine?.next);
  const loadMore = useCallback(() => {
    if (!hasMore) return;
    wanted.current = Math.max(wanted.current, loaded + PAGE);
    asker.current();
  }, [hasMore, loaded]);
  return { places: mine?.places, failure: mine?.failure, hasMore, loadMore };
}
