// Under which names it is kept what was typed and not saved. Pure.

import type { StoreKey } from "../../core/src/core";

/** In no key of a place, nor in an id of a window. */
const MARK = "~";

/** What this window has typed at the place. */
export const draftKey = (place: string, window: string): string => `${place}${MARK}${window}`;

/** The place that a key is of. */
export const placeOf = (key: string): string => key.split(MARK, 1)[0]!;

/** The window that typed it; null: written by a version of the app that did not yet tell windows apart. */
export function windowOf(key: string): string | null {
  const place = placeOf(key);
  return place === key ? null : key.slice(place.length + MARK.length);
}

/** The same window's key of another place. */
export function keyAt(place: string, key: string): string {
  const window = windowOf(key);
  return window === null ? place : draftKey(place, window);
}

/** The store of a place: its key begins with it (`StoreKey::place` in crates/app/src/key.rs). */
export const storeOf = (place: string): StoreKey => place.split("-", 1)[0]!;

/** Whether a place can have this key at all (`StoreKey::local_id`, ibid.): what is typed into an address may be anything. */
export const isKey = (text: string): boolean => /^[^-]+-\d+$/.test(text);

/** The store of the places without an account (`StoreKey::of`, ibid.). */
export const WITHOUT_ACCOUNT: StoreKey = "local";

const aside = (store: StoreKey) => `${store}-stray-`;

/** What is kept in a store without a place: the text of this capture, and what else is set aside of it. */
export const asideKey = (store: StoreKey, capture: string, n: number): string => `${aside(store)}${capture}${n === 1 ? "" : `-${n}`}`;

/** Whether what is kept under the key has no place in its store. */
export const isAside = (store: StoreKey, key: string): boolean => key.startsWith(aside(store));
