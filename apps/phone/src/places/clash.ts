// What is typed against what the place has become meanwhile, in another window or elsewhere. Pure.

import type { Changes, Field, Place } from "../../core/src/core";
import { distance } from "../geo/position";
import { words } from "../words";
import type { KeptDraft } from "./drafts";
import { changesOf, type Draft } from "./form";
import { coordinates } from "./words";

/** A field in which saving would overwrite what the person has not seen. */
export interface Clash {
  field: Field;
  mine: string | null;
  now: string | null;
}

type Texts = Pick<Place, "name" | "note" | "category" | "tags">;

/** The fields that were changed both here and since. Tags are put together, and never clash. */
export function clashesOf(draft: Draft, shown: Texts, now: Texts): Clash[] {
  const [wanted, open] = [changesOf(draft, shown), changesOf(draft, now)];
  if (!wanted || !open) return [];
  return (["name", "note", "category"] as const)
    .filter((field) => field in wanted && field in open && now[field] !== shown[field])
    .map((field) => ({ field, mine: wanted[field] ?? null, now: now[field] }));
}

/** The same for a position: a person's own word since, which is not the one that is chosen. What a sensor said gives way. */
export function positionClash(chosen: NonNullable<Changes["position"]>, shown: Place, now: Pick<Place, "position" | "positionSource">): Clash[] {
  const { position } = now;
  if (!position || now.positionSource === "fix" || distance(position, chosen) < 0.5) return [];
  if (shown.position && distance(position, shown.position) < 0.5) return [];
  return [{ field: "position", mine: coordinates(chosen), now: coordinates(position) }];
}

/** The draft with the place's own values where it clashes. */
export function without(draft: Draft, clashes: readonly Clash[]): Draft {
  const next = { ...draft };
  for (const { field, now } of clashes) if (field === "name" || field === "note" || field === "category") next[field] = now ?? "";
  return next;
}

/** What the person has seen once they were asked: of what clashes, how it is now. */
export function seenOf<P extends Texts>(clashes: readonly Clash[], seen: P, now: P): P {
  const place = { ...seen };
  for (const { field } of clashes) if (field === "name" || field === "note" || field === "category") place[field] = now[field];
  return place;
}

/** The place as it was seen before, but where the person had typed then, as it was seen since: their own word was saved meanwhile. */
export function seenSince({ draft, shown }: KeptDraft, since: Place): Place {
  const typed = changesOf(draft, shown) ?? {};
  const { name, note, category, tags } = since;
  return { ...shown, ...("name" in typed && { name }), ...("note" in typed && { note }), ...("category" in typed && { category }), ...("tags" in typed && { tags }) };
}

/** The values of one side, to be copied. */
export const valuesOf = (clashes: readonly Clash[], side: "mine" | "now"): string =>
  clashes
    .map((clash) => clash[side])
    .filter(Boolean)
    .join("\n");

/** What has become different since it was shown, as it is now: for the question whether it is to be deleted all the same. */
export function newsOf(shown: Place, now: Place): { label: string; text: string }[] {
  const values = (place: Place) => ({
    name: place.name,
    note: place.note,
    category: place.category,
    tags: place.tags.join(", ") || null,
    position: place.position && coordinates(place.position),
  });
  const [before, after] = [values(shown), values(now)];
  return (["name", "note", "category", "tags", "position"] as const)
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ label: words.clash.now(words.conflict.fields[field]), text: after[field] ?? words.conflict.empty }));
}

/** Both sides of each field, for the question. */
export const factsOf = (clashes: readonly Clash[]): { label: string; text: string }[] =>
  clashes.flatMap(({ field, mine, now }) => {
    const name = words.conflict.fields[field];
    return [
      { label: words.clash.mine(name), text: mine ?? words.conflict.empty },
      { label: words.clash.now(name), text: now ?? words.conflict.empty },
    ];
  });
