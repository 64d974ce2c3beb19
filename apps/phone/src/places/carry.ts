// What is typed at places without an account goes with them into the account that takes them in. There each has another key; what it
// is known by in both is the id of its capture.

import type { Core, Overview, Place, StoreKey } from "../../core/src/core";
import { draftKeys, keptOf, moveDraft, readDraft } from "./drafts";

/** The store of the places without an account (`StoreKey::of` in crates/app/src/key.rs). */
export const WITHOUT_ACCOUNT: StoreKey = "local";

/** The most places that are asked for at once. */
const PAGE = 500;

/**
 * Whether every place that was saved without an account is in the one that is open: what was typed at such a place belongs to the
 * account's. Beside places that are kept apart it is theirs, and waits with them.
 */
export const isAllTakenIn = ({ account, adoption }: Pick<Overview, "account" | "adoption">): boolean => account !== null && adoption.places === 0;

let carrying: Promise<unknown> = Promise.resolve();

/** Fulfilled once nothing is on its way from one key to another: what is read then is where it belongs. */
export const carried = (): Promise<unknown> => carrying;

/**
 * To be called where `isAllTakenIn`; again after an app that was killed meanwhile, or by another window at the same time, it goes on.
 * Never rejected: what could not be carried over stays where it was, to be shown from there.
 */
export function carryDrafts(core: Core, store: StoreKey): Promise<unknown> {
  carrying = carrying.then(() => carry(core, store)).catch(() => undefined);
  return carrying;
}

async function carry(core: Core, store: StoreKey): Promise<void> {
  const wanted = new Map<string, string>();
  for (const key of await draftKeys(WITHOUT_ACCOUNT)) {
    const capture = keptOf(await readDraft(key))?.shown.clientId;
    if (capture) wanted.set(capture, key);
  }
  for (const trash of [false, true]) {
    let after: string | null = null;
    while (wanted.size > 0) {
      const page: { places: Place[]; next: string | null } = await core.perform({ call: "list", trash, limit: PAGE, after });
      for (const place of page.places) {
        const from = place.clientId && wanted.get(place.clientId);
        // Another window may have opened another account meanwhile.
        if (!from || !place.key.startsWith(`${store}-`)) continue;
        await moveDraft(from, place);
        wanted.delete(place.clientId!);
      }
      after = page.next;
      if (after === null) break;
    }
  }
}
