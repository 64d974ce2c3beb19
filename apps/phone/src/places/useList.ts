import type { List, Place } from "../core";
import { type AskPage, type Paged, usePages } from "../core/pages";

const ask: AskPage<List, Place, string> = async (core, query, limit, after) => {
  const { places, next } = await core.perform({ call: "list", ...query, limit, after });
  return { items: places, next };
};

/** The places of a query, kept current, page after page. */
export const useList = (query: List): Paged<List, Place> => usePages(query, ask);
