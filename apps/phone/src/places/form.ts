// The form of a place: what is typed against what was shown. Pure.

import type { Changes, Place } from "../../core/src/core";

/** What the fields of a place's page hold. */
export interface Draft {
  name: string;
  note: string;
  category: string;
  tags: readonly string[];
  /** A tag that is being typed. It counts as one where the rest is saved. */
  typing: string;
}

/** Whether the person may change the place as it is. */
export const canChange = ({ role, deletedAt }: Pick<Place, "role" | "deletedAt">): boolean => role !== "viewer" && deletedAt === null;

/** The fields as the place has them. */
export function draftOf(place: Pick<Place, "name" | "note" | "category" | "tags">): Draft {
  return { name: place.name ?? "", note: place.note ?? "", category: place.category ?? "", tags: place.tags, typing: "" };
}

/** What was typed, as lines to read or to take elsewhere; a field that was emptied has none. */
export function typedLines(draft: Draft, shown: Pick<Place, "name" | "note" | "category" | "tags">): string {
  const { name, note, category, tags } = changesOf(draft, shown) ?? {};
  return [name, note, category, tags?.map((tag) => `#${tag}`).join(" ")].filter(Boolean).join("\n");
}

/** The fields that were emptied. */
export function emptiedIn(draft: Draft, shown: Pick<Place, "name" | "note" | "category" | "tags">): ("name" | "note" | "category" | "tags")[] {
  const changes = changesOf(draft, shown) ?? {};
  return (["name", "note", "category", "tags"] as const).filter((field) => changes[field] === null || (field === "tags" && changes.tags?.length === 0));
}

const sameTags = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((tag) => other.includes(tag));

/** The value as it is stored: blanks at the ends are nothing, and nothing at all is null. */
const stored = (text: string): string | null => text.trim() || null;

/** What the draft changes of the place as it was shown; null where that is nothing. */
export function changesOf(draft: Draft, shown: Pick<Place, "name" | "note" | "category" | "tags">): Changes | null {
  const changes: Changes = {};
  for (const field of ["name", "note", "category"] as const) {
    if (stored(draft[field]) !== stored(shown[field] ?? "")) changes[field] = stored(draft[field]);
  }
  const tags = withTags(draft.tags, draft.typing);
  if (!sameTags(tags, shown.tags)) changes.tags = tags;
  return Object.keys(changes).length > 0 ? changes : null;
}

/**
 * The draft after the place has changed under it: what the person has not touched follows the place, what they have touched
 * stays as typed. What is sent is still compared with what they saw (`shown`), so the core notices a conflict.
 */
export function follow(draft: Draft, shown: Draft, now: Draft): Draft {
  const text = (field: "name" | "note" | "category" | "typing") => (draft[field] === shown[field] ? now[field] : draft[field]);
  const tags = sameTags(draft.tags, shown.tags) ? now.tags : draft.tags;
  return { name: text("name"), note: text("note"), category: text("category"), tags, typing: text("typing") };
}

/** A tag as it is kept: no blanks at its ends, no hash before it. */
export const cleanTag = (text: string): string => text.trim().replace(/^#+/, "").trim();

/** With these tags added (a comma parts them), each once. */
export function withTags(tags: readonly string[], typed: string): string[] {
  const result = [...tags];
  for (const part of typed.split(",")) {
    const tag = cleanTag(part);
    if (tag && !result.some((known) => known.toLowerCase() === tag.toLowerCase())) result.push(tag);
  }
  return result;
}

const plain = (text: string) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

/** What is in use and fits what is typed, without what is chosen already; at most `most`. */
export function suggestions(inUse: readonly string[], typed: string, chosen: readonly string[], most = 6): string[] {
  const wanted = plain(typed.trim());
  const open = inUse.filter((each) => !chosen.includes(each) && plain(each) !== wanted);
  const begins = open.filter((each) => plain(each).startsWith(wanted));
  const contains = wanted ? open.filter((each) => !begins.includes(each) && plain(each).includes(wanted)) : [];
  return [...begins, ...contains].slice(0, most);
}
