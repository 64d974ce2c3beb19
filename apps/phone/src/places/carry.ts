// What is typed at places without an account goes with them into the account that takes them in. There each has another key; what it
// is known by in both is the id of its capture.

import type { Core, Overview, Place, StoreKey } from "../../core/src/core";
import { draftKeys, type KeptDraft, keptOf, moveDraft, readKept, setAside } from "./drafts";
import { WITHOUT_ACCOUNT } from "./keys";

/**
 * Whether every place that was saved without an account is in the one that is open: what was typed at such a place belongs to the
 * account's. Beside places that are kept apart it is theirs, and waits with them.
 */
export const isAllTakenIn = ({ account, adoption }: Pick<Overview, "account" | "adoption">): boolean => account !== null && adoption.places === 0;

let carrying: Promise<void> = Promise.resolve();

/**
 * Carries over what was typed where its place has gone, if its places have; called again after an app that was killed meanwhile, or by
 * another window at the same time, it goes on. Fulfilled once nothing is on its way from one key to another: what is read then is where
 * it belongs. Each draft is looked for once; whose place is not there, or has something typed at it, is set aside in the account. Where
 * nothing was typed without an account, nothing is asked. Never rejected: what could not be carried over stays where it was.
 */
export function carryDrafts(core: Core): Promise<void> {
  carrying = carrying.then(() => carry(core)).catch(() => undefined);
  return carrying;
}

async function carry(core: Core): Promise<void> {
  const wanted: { from: string; kept: KeptDraft }[] = [];
  for (const from of await draftKeys(WITHOUT_ACCOUNT)) {
    const kept = keptOf(await readKept(from));
    if (kept) wanted.push({ from, kept });
  }
  if (wanted.length === 0) return;
  const overview = await core.perform({ call: "overview" });
  if (!isAllTakenIn(overview)) return;
  for (const { from, kept } of wanted) {
    const place = await captureIn(core, overview.store, kept.shown.clientId);
    if (place) await moveDraft(from, place);
    await setAside(overview.store, from, kept);
  }
}

/** The capture's place in this account. Where another window has opened another one, nothing is answered. */
export async function captureIn(core: Core, store: StoreKey, clientId: string | null): Promise<Place | undefined> {
  if (!clientId) return undefined;
  const { places } = await core.perform({ call: "list", clientId, limit: 1 }, store);
  return places.find((place) => place.clientId === clientId);
}
