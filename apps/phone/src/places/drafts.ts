// What was typed on a place's page and is not saved: kept beside the core until it is, so that a page that is loaded again, or an
// app that was killed, has it still. A place's key names its account too, so nothing is shown under another one.

import type { Place, StoreKey } from "../../core/src/core";
import { keptDrafts } from "../platform/drafts";
import { changesOf, type Draft } from "./form";

/** What is typed, and the place as it was seen when that began. */
export interface KeptDraft {
  draft: Draft;
  shown: Place;
}

/** The form of what is kept; another one is another version's, and is let be. */
const VERSION = 1;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isTags = (value: unknown): value is string[] => Array.isArray(value) && value.every((tag) => typeof tag === "string");
const isText = (value: unknown): value is string | null => value === null || typeof value === "string";

/** Reads what was kept, whichever place it is for; null where that is nothing, or damaged. */
export function keptOf(kept: unknown): KeptDraft | null {
  if (!isRecord(kept) || kept.version !== VERSION || !isRecord(kept.draft) || !isRecord(kept.shown)) return null;
  const { draft, shown } = kept;
  const isDraft = [draft.name, draft.note, draft.category, draft.typing].every((text) => typeof text === "string") && isTags(draft.tags);
  const isPlace = [shown.name, shown.note, shown.category].every(isText) && isTags(shown.tags);
  return isDraft && isPlace ? { draft: draft as unknown as Draft, shown: shown as unknown as Place } : null;
}

/** Reads what was kept for this place; null where that is nothing, not for it, or what it says already. */
export function keptFor(place: Place, kept: unknown): KeptDraft | null {
  const read = keptOf(kept);
  // Keys are numbers of a database, which may be another one by now.
  if (!read || read.shown.key !== place.key || read.shown.clientId !== place.clientId) return null;
  return changesOf(read.draft, place) === null ? null : read;
}

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

/** Calls `listener` whenever this window has let go of what was kept, keeps it again, or has it under another key. Returns the function that ends it. */
export function onDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const readDraft = (key: string): Promise<unknown> => keptDrafts.read(key);
export const keepDraft = (key: string, { draft, shown }: KeptDraft): Promise<void> => keptDrafts.write(key, { version: VERSION, draft, shown });
/** After it was let go of. */
export const keepAgain = (key: string, kept: KeptDraft): Promise<void> => keepDraft(key, kept).then(tell);
export const dropDraft = (key: string): Promise<void> => keptDrafts.drop(key).then(tell);

/** What was kept under `from` is kept for `place` from now on; unless something is typed there too, which is not touched. */
export function moveDraft(from: string, { key }: Pick<Place, "key">): Promise<void> {
  const renamed = (kept: unknown) => (isRecord(kept) && isRecord(kept.shown) ? { ...kept, shown: { ...kept.shown, key } } : kept);
  return keptDrafts.move(from, key, renamed).then(tell);
}

/** How often the same capture's text is set aside, at most: more than once only where it came back meanwhile. */
const MOST_ASIDE = 20;
const aside = (store: StoreKey) => `${store}-stray-`;

/** Whether what is kept under the key has no place in its store. */
export const isAside = (store: StoreKey, key: string): boolean => key.startsWith(aside(store));

/** What is kept under `from`, if anything is, is the store's from now on, without a place. Nothing that is kept is overwritten. */
export async function setAside(store: StoreKey, from: string, { shown }: KeptDraft): Promise<void> {
  const name = `${aside(store)}${shown.clientId ?? from}`;
  for (let n = 1; n <= MOST_ASIDE && ((await readDraft(from)) ?? null) !== null; n++) {
    await keptDrafts.move(from, n === 1 ? name : `${name}-${n}`, (kept) => kept).then(tell);
  }
}

/** The keys under which something of a store is kept: a place's key begins with its store's. */
export const draftKeys = async (store: StoreKey): Promise<string[]> => (await keptDrafts.keys()).filter((key) => key.startsWith(`${store}-`));

/** At how many places of an account something is typed and not saved. */
export const draftsOf = async (store: StoreKey): Promise<number> => (await draftKeys(store)).length;

/** Lets go of all that belongs to an account: whoever signs out leaves nothing typed behind. */
export async function dropDraftsOf(store: StoreKey): Promise<void> {
  await Promise.all((await draftKeys(store)).map(dropDraft));
}
