// What a place's journal has kept of decisions: the values that lost, and those that were discarded. Pure.

import type { Field, JournalEntry, Place } from "../../core/src/core";
import { coordinates } from "./words";

/** A value that the place does not have, because of a decision. */
export interface Lost {
  field: Field;
  /**
   * `mine`: wanted on this device, `theirs`: the server had it, `discarded`: dropped by the person, `before`: it belonged to a
   * version that was let go as a whole, and may or may not have been one of the reasons.
   */
  whose: "mine" | "theirs" | "discarded" | "before";
  /** The value as text; null where it would have been empty. */
  value: string | null;
}

const TEXTS = ["name", "note", "category"] as const;
const FIELDS: readonly Field[] = [...TEXTS, "position", "tags"];

type Values = Record<string, unknown>;
type Wish = Partial<Record<Field, { was: string | null; to: string | null }>>;

const isValues = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

/** What was kept with a line; null where it is nothing, or a sentence. */
function kept({ detail }: JournalEntry): Values | null {
  if (!detail?.startsWith("{")) return null;
  try {
    const read: unknown = JSON.parse(detail);
    return isValues(read) ? read : null;
  } catch {
    return null;
  }
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

function position(value: unknown): string | null {
  if (!isValues(value)) return null;
  const { latitude, longitude } = value;
  return typeof latitude === "number" && typeof longitude === "number" ? coordinates({ latitude, longitude }) : null;
}

const tagList = (value: unknown, sign = ""): string[] => (Array.isArray(value) ? value.filter((tag) => typeof tag === "string").map((tag) => `${sign}#${tag}`) : []);

/** What an update wanted; null where the line holds none. */
function wishOf(values: Values | null): Wish | null {
  const changes = values?.kind === "update" ? values.changes : null;
  if (!isValues(changes)) return null;
  const wish: Wish = {};
  for (const field of TEXTS) {
    const change = changes[field];
    if (isValues(change)) wish[field] = { was: text(change.was), to: text(change.to) };
  }
  if (isValues(changes.position)) wish.position = { was: position(changes.position.was), to: position(changes.position.to) };
  if (isValues(changes.tags)) {
    const change = [...tagList(changes.tags.add, "+"), ...tagList(changes.tags.remove, "−")].join(" ");
    if (change) wish.tags = { was: null, to: change };
  }
  return wish;
}

/** The later wish counts where both have one; what was seen first stays. */
function fold(first: Wish, later: Wish): Wish {
  const folded: Wish = { ...first };
  for (const field of FIELDS) {
    const change = later[field];
    if (change) folded[field] = { was: first[field] ? first[field].was : change.was, to: change.to };
  }
  return folded;
}

const inOrder = (wish: Wish): Field[] => FIELDS.filter((field) => wish[field]);

/** The version that a server had, or this device kept, as a whole. Only in what the place differs from it now. */
function ofVersion(values: Values, place: Place): Lost[] {
  const had: Record<Field, string | null> = {
    name: text(values.name),
    note: text(values.note),
    category: text(values.category),
    position: position(values.position ?? values),
    tags: tagList(values.tags).join(" ") || null,
  };
  const has: Record<Field, string | null> = {
    name: place.name,
    note: place.note,
    category: place.category,
    position: place.position && coordinates(place.position),
    tags: tagList(place.tags).join(" ") || null,
  };
  return FIELDS.filter((field) => had[field] !== null && had[field] !== has[field]).map((field) => ({ field, whose: "before", value: had[field] }));
}

/** Both sides were put together field by field, or this device's was kept: who lost what. */
function ofSides(server: Values, wish: Wish): Lost[] {
  // Older versions of the app did not note which fields were taken from the server.
  const taken = Array.isArray(server.taken) ? (server.taken as unknown[]) : null;
  return inOrder(wish).flatMap((field): Lost[] => {
    const { was, to } = wish[field]!;
    if (taken?.includes(field)) return [{ field, whose: "mine", value: to }];
    if (field === "tags") return [];
    const theirs = field === "position" ? position(server.position) : text(server[field]);
    if (theirs !== null) return theirs === to || theirs === was ? [] : [{ field, whose: "theirs", value: theirs }];
    // Empty on the server, or taken from it.
    return taken || to === null ? [] : [{ field, whose: "before", value: to }];
  });
}

/**
 * What the line at `index` has kept. Several lines can speak of one decision (all of one moment): everything stands with the
 * first of them that says "decided".
 */
export function lostWith(journal: readonly JournalEntry[], index: number, place: Place): Lost[] {
  const entry = journal[index];
  if (!entry) return [];
  const values = kept(entry);
  if (entry.event === "discarded") {
    const wish = wishOf(values) ?? {};
    return inOrder(wish).map((field) => ({ field, whose: "discarded", value: wish[field]!.to }));
  }
  if (entry.event !== "resolved" || !values) return [];
  if (!values.kind && !("theirVersion" in values)) return ofVersion(values, place);
  const together = journal.filter(({ at, event }) => at === entry.at && (event === "resolved" || event === "superseded"));
  const decided = together.filter((each) => each.event === "resolved" && kept(each));
  if (decided[0] !== entry) return [];
  const wishes = together.map((each) => wishOf(kept(each))).filter((wish) => wish !== null);
  if ("theirVersion" in values) {
    // The one that conflicted comes last, but was the first.
    const [first, later] = [wishes.at(-1) ?? {}, wishes.slice(0, -1)];
    return wishes.length > 0 ? ofSides(values, later.reduce(fold, first)) : ofVersion(values, place);
  }
  // The server's side was kept. Of what waited behind, only the same fields went with it.
  const [first = {}, ...later] = wishes;
  const all = later.reduce(fold, first);
  return inOrder(first).map((field) => ({ field, whose: "mine", value: all[field]!.to }));
}
