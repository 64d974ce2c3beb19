// What the list is filtered by. Pure.

import type { List, StateFilter } from "../../core/src/core";

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

/** The query that the filter stands for. */
export function queryOf({ text, category, tag, state }: Filter): List {
  return { text: text.trim() || null, category, tag, state };
}
