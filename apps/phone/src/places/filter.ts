// What the list is filtered by. Pure.

import type { List, Place, StateFilter } from "../../core/src/core";
import { lacksPosition } from "./words";

export interface Filter {
  text: string;
  category: string | null;
  tag: string | null;
  state: StateFilter | null;
}

export const noFilter: Filter = { text: "", category: null, tag: null, state: null };

/** How many kinds of filter are chosen, the text left out. */
export const chosen = ({ category, tag, state }: Filter): number => [category, tag, state].filter((each) => each !== null).length;

export const isFiltered = (filter: Filter): boolean => chosen(filter) > 0 || filter.text.trim() !== "";

/** Whether a query leaves anything out. */
export const isNarrowed = ({ text, category, tag, state }: List): boolean => Boolean(text || category || tag || state);

/** The query that the filter stands for. */
export function queryOf({ text, category, tag, state }: Filter): List {
  return { text: text.trim() || null, category, tag, state };
}

/**
 * The places that lack a position, and the others. The two lists are asked for one after the other, and a position may have come
 * in between: each place is in one of them all the same, never in both and never in none.
 */
export function eachOnce<P extends Pick<Place, "key" | "state">>(lacking: readonly P[] = [], all: readonly P[] | undefined) {
  // A position comes and does not go: who has one in either list has one.
  const placed = new Set(all?.filter((place) => !lacksPosition(place)).map(({ key }) => key));
  const above = lacking.filter(({ key }) => !placed.has(key));
  const shown = new Set(above.map(({ key }) => key));
  return { above, below: all?.filter(({ key }) => !shown.has(key)) };
}
