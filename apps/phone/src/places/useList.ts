import { useEffect } from "react";
import type { List, Place } from "../core";
import { type AskPage, type Paged, usePages } from "../core/pages";

const ask: AskPage<List, Place, string> = async (core, query, limit, after) => {
  const { places, next } = await core.perform({ call: "list", ...query, limit, after });
  return { items: places, next };
};

/** The places of a query, kept current, page after page. */
export const useList = (query: List): Paged<List, Place> => usePages(query, ask);

/** All places of a query that few answer, kept current; undefined until the first of them are there. */
export function useAll(query: List): Place[] | undefined {
  const { items, hasMore, loadMore } = useList(query);
  useEffect(() => {
    if (hasMore) loadMore();
  }, [hasMore, loadMore]);
  return items;
}
