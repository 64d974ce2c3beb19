import type { OutboxEntry } from "../core";
import { type AskPage, type Paged, usePages } from "../core/pages";

const ALL = {};

const ask: AskPage<object, OutboxEntry, number> = async (core, _, limit, after) => {
  const { entries, next } = await core.perform({ call: "outbox", limit, after });
  return { items: entries, next };
};

/** What waits, in the order in which it is sent, kept current, page after page. */
export const useOutbox = (): Paged<object, OutboxEntry> => usePages(ALL, ask);
