// What was typed on a place's page and is not saved: kept beside the core until it is, so that a page that is loaded again, or an
// app that was killed, has it still. Each window keeps its own: what is typed in one is never another's to overwrite or to let go of.
// A place's key names its account too, so nothing is shown under another one.

import { newClientId, type Place, type StoreKey } from "../../core/src/core";
import { keptDrafts, UNANSWERED } from "../platform/drafts";
import { onTold, openWindows, renameWindow, tellWindows, thisWindow } from "../platform/windows";
import { changesOf, type Draft, draftOf, follow, typedLines } from "./form";
import { asideKey, draftKey, isAside, keyAt, placeOf, storeOf, windowOf } from "./keys";

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

/** Lets go of what the place says already, and of nothing else that may be kept there by then. */
const dropSaid = (key: string, place: Place): Promise<void> =>
  keptDrafts.dropIf(key, (value) => {
    const kept = keptOf(value);
    return kept !== null && isFor(place, kept) && isSaid(place, kept);
  });

/** When it was last typed, in milliseconds; 0 where that was not noted yet. */
const typedAt = (kept: unknown): number => (isRecord(kept) && typeof kept.at === "number" ? kept.at : 0);

/** Keys are numbers of a database, which may be another one by now. */
const isFor = (place: Place, { shown }: KeptDraft) => shown.key === place.key && shown.clientId === place.clientId;

/** Whether the place says already what was typed at it. */
const isSaid = (place: Place, { draft, shown }: KeptDraft) => changesOf(follow(draft, draftOf(shown), draftOf(place)), place) === null;

/** Reads what was kept for this place; null where that is nothing, not for it, or what it says already. */
export function keptFor(place: Place, kept: unknown): KeptDraft | null {
  const read = keptOf(kept);
  return read && isFor(place, read) && !isSaid(place, read) ? read : null;
}

const listeners = new Set<() => void>();
const heard = () => listeners.forEach((listener) => listener());
const tell = () => {
  heard();
  tellWindows();
};
onTold(heard);

/** Calls `listener` whenever a window has let go of what was kept, keeps it again, or has it under another key. Returns the function that ends it. */
export function onDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

const written = ({ draft, shown }: KeptDraft) => ({ version: VERSION, draft, shown, at: Date.now() });
const ownKey = async (place: string): Promise<string> => draftKey(place, await thisWindow());

/** What this window has typed at the place. */
export const readDraft = async (place: string): Promise<unknown> => keptDrafts.read(await ownKey(place));
export const keepDraft = async (place: string, kept: KeptDraft): Promise<void> => keptDrafts.write(await ownKey(place), written(kept));
/** No other window's. */
export const dropDraft = async (place: string): Promise<void> => keptDrafts.drop(await ownKey(place)).then(tell);

/** What is kept under a key, whosever it is. */
export const readKept = (key: string): Promise<unknown> => keptDrafts.read(key);
const same = (one: KeptDraft, other: KeptDraft) => JSON.stringify(one.draft) === JSON.stringify(other.draft);
/** Of this, and of nothing that was typed there since: its window may have been loaded again. */
export function letGo(key: string, seen: KeptDraft): Promise<void> {
  const isSeen = (value: unknown) => {
    const kept = keptOf(value);
    return kept !== null && same(kept, seen);
  };
  return keptDrafts.dropIf(key, isSeen).then(tell);
}
/** After it was let go of: under its key, or, where something else is kept by now, as another closed window's. */
export async function keepAgain(key: string, kept: KeptDraft): Promise<void> {
  if (!(await keptDrafts.add(key, written(kept)))) await keptDrafts.write(draftKey(placeOf(key), newClientId()), written(kept));
  tell();
}

async function move(from: string, to: string, changed: (kept: unknown) => unknown): Promise<unknown> {
  const moved = await keptDrafts.move(from, to, changed);
  if (moved !== undefined) tell();
  return moved;
}

/** What was kept under `from` is kept for `place` from now on; unless that window has typed something there too, which is not touched. */
export async function moveDraft(from: string, { key }: Pick<Place, "key">): Promise<void> {
  await move(from, keyAt(key, from), (kept) => (isRecord(kept) && isRecord(kept.shown) ? { ...kept, shown: { ...kept.shown, key } } : kept));
}

const isSomething = (read: unknown): boolean => read !== undefined && read !== null && read !== UNANSWERED;

/** How often the same capture's text is set aside, at most: more than once only where it came back meanwhile. */
const MOST_ASIDE = 20;

/** What is kept under `from`, if anything is, is the store's from now on, without a place. Nothing that is kept is overwritten. */
export async function setAside(store: StoreKey, from: string, { shown }: KeptDraft): Promise<void> {
  for (let n = 1; n <= MOST_ASIDE && isSomething(await readKept(from)); n++) {
    await move(from, asideKey(store, shown.clientId ?? from, n), (kept) => kept);
  }
}

/** What a window that is closed by now has typed at a place. */
export interface Left {
  /** Under which it is kept. */
  key: string;
  kept: KeptDraft;
}

/** What windows that are closed by now have typed at this place and not saved, the newest first. What it says already is let go of. */
export async function leftAt(place: Place): Promise<Left[]> {
  // Before the windows: whoever has kept something by then is open from before.
  const keys = (await keptDrafts.keys()).filter((key) => placeOf(key) === place.key);
  const open: ReadonlySet<string | null> = keys.length > 0 ? await openWindows() : new Set<string>();
  const left: (Left & { at: number })[] = [];
  for (const key of keys.filter((each) => !open.has(windowOf(each)))) {
    const read = await readKept(key);
    const kept = keptOf(read);
    if (!kept || !isFor(place, kept)) continue;
    // Without a word: whoever shows what is left asks here, and would ask again and again where it can't be dropped.
    if (isSaid(place, kept)) await dropSaid(key, place);
    else left.push({ key, kept, at: typedAt(read) });
  }
  return left.sort((one, other) => other.at - one.at).map(({ key, kept }) => ({ key, kept }));
}

/**
 * What the page of a place begins with: what this window has typed there, or else what was typed last in a window that is closed by now,
 * which is this one's from then on. Of two windows that are opened at once, one has it.
 */
export async function takeDraft(place: Place): Promise<KeptDraft | null> {
  const own = await ownKey(place.key);
  if ((await readKept(own)) === UNANSWERED) {
    // What is typed now must not take the place of what may be there: once it can be read, it is shown as what a closed window has left.
    await renameWindow();
    void keptDrafts.answers().then(heard);
    return null;
  }
  const mine = await takeOwn(own, place);
  if (mine) return mine;
  for (const { key } of await leftAt(place)) {
    // Its window may have been loaded again since, and have typed more: what was moved stands in the form.
    const moved = keptOf(await move(key, own, (kept) => kept));
    if (moved) return moved;
  }
  // This window may have taken it, for the same page, a moment ago.
  return takeOwn(own, place);
}

/**
 * What a closed window has typed under `key`, to be put into this window's form, in which nothing is typed: it is this window's from now
 * on. Where that can't be stored it is given all the same, and stays where it is, too; null: it is another window's by now.
 */
export async function takeLeft(place: string, key: string): Promise<KeptDraft | null> {
  return keptOf((await move(key, await ownKey(place), (kept) => kept)) ?? (await readKept(key)));
}

/** What is typed next is kept under the same key: what is not for this place is moved out of its way. */
async function takeOwn(own: string, place: Place): Promise<KeptDraft | null> {
  const kept = keptOf(await readKept(own));
  if (!kept) return null;
  if (!isFor(place, kept)) await setAside(storeOf(place.key), own, kept);
  else if (isSaid(place, kept)) await dropSaid(own, place);
  else return kept;
  return null;
}

/** The keys under which something of a store is kept: a place's key begins with its store's. */
export const draftKeys = async (store: StoreKey): Promise<string[]> => (await keptDrafts.keys()).filter((key) => key.startsWith(`${store}-`));

/** What is typed and not saved at the places of an account. */
export interface Unsaved {
  /** What they are called, each place once; null: it has no name, or can't be read. */
  names: (string | null)[];
  /** Some of it stands in another window, which is open. */
  isElsewhere: boolean;
}

export async function draftsOf(store: StoreKey): Promise<Unsaved> {
  const names = new Map<string, string | null>();
  const [open, mine] = [await openWindows(), await thisWindow()];
  let isElsewhere = false;
  for (const key of await draftKeys(store)) {
    const read = (await readKept(key)) ?? null;
    const kept = keptOf(read);
    // Of what has no place any more, what was only emptied is nothing to lose.
    if (read === null || (kept && (isAside(store, key) ? typedLines(kept.draft, kept.shown) === "" : changesOf(kept.draft, kept.shown) === null))) continue;
    names.set(kept?.shown.clientId ?? placeOf(key), kept?.shown.name ?? null);
    const window = isAside(store, key) ? null : windowOf(key);
    isElsewhere ||= window !== null && window !== mine && open.has(window);
  }
  return { names: [...names.values()], isElsewhere };
}

/** Lets go of all that belongs to an account, whichever window typed it: whoever signs out leaves nothing typed behind. */
export async function dropDraftsOf(store: StoreKey): Promise<void> {
  await Promise.all((await draftKeys(store)).map((key) => keptDrafts.drop(key)));
  tell();
}
