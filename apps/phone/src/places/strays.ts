// What was typed and not saved, where there is no page any more to save it on: the place was deleted for good elsewhere, say, or is no
// longer shared. It is nobody's but the person's, and stays until they have taken it or let it go.

import type { Core, StoreKey } from "../../core/src/core";
import { failureOf } from "../core/failure";
import { draftKeys, type KeptDraft, keptOf, readKept } from "./drafts";
import { typedLines } from "./form";
import { isAside, placeOf } from "./keys";

export interface Stray {
  /** Under which it is kept. */
  key: string;
  /** What the place was called. */
  name: string | null;
  /** What was typed, as lines; none where fields were only emptied. */
  typed: string;
  kept: KeptDraft;
}

/** All of it in a store: nobody else's. */
export async function straysOf(core: Core, store: StoreKey): Promise<Stray[]> {
  const strays: Stray[] = [];
  for (const key of await draftKeys(store)) {
    const kept = keptOf(await readKept(key));
    const typed = kept && typedLines(kept.draft, kept.shown);
    if (typed && (isAside(store, key) || (await isGone(core, key, kept)))) strays.push({ key, name: kept.shown.name, typed, kept });
  }
  return strays;
}

/** Where the core does not know, or can't say, the place is there for all that is known. */
const isGone = (core: Core, key: string, { shown }: KeptDraft): Promise<boolean> =>
  core.perform({ call: "place", key: placeOf(key) }).then(
    ({ place }) => place.clientId !== shown.clientId,
    (error: unknown) => failureOf(error).code === "no_such_place",
  );
