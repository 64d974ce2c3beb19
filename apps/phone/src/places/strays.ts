// What was typed and not saved, where there is no page any more to save it on: the place was deleted for good elsewhere, say, or is no
// longer shared. It is nobody's but the person's, and stays until they have taken it or let it go.

import type { Core, StoreKey } from "../../core/src/core";
import { failureOf } from "../core/failure";
import { carried, WITHOUT_ACCOUNT } from "./carry";
import { draftKeys, type KeptDraft, keptOf, readDraft } from "./drafts";
import { typedLines } from "./form";

export interface Stray {
  /** Under which it is kept. */
  key: string;
  /** What the place was called. */
  name: string | null;
  /** What was typed, as lines. */
  typed: string;
  kept: KeptDraft;
}

/** All of it in a store; `alsoWithoutAccount`: and what could not be carried over into it from places without an account (`carry.ts`). */
export async function straysOf(core: Core, store: StoreKey, alsoWithoutAccount: boolean): Promise<Stray[]> {
  await carried();
  const strays: Stray[] = [];
  const look = async (key: string, isGone: (kept: KeptDraft) => Promise<boolean> | true) => {
    const kept = keptOf(await readDraft(key));
    const typed = kept && typedLines(kept.draft, kept.shown);
    if (typed && (await isGone(kept))) strays.push({ key, name: kept.shown.name, typed, kept });
  };
  // Where the core does not know, or can't say, the place is there for all that is known.
  const isGone = (key: string) => (kept: KeptDraft) =>
    core.perform({ call: "place", key }).then(
      ({ place }) => place.clientId !== kept.shown.clientId,
      (error: unknown) => failureOf(error).code === "no_such_place",
    );
  for (const key of await draftKeys(store)) await look(key, isGone(key));
  if (alsoWithoutAccount) for (const key of await draftKeys(WITHOUT_ACCOUNT)) await look(key, () => true);
  return strays;
}
