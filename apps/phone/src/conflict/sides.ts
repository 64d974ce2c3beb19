// Both sides of a question, in words, and what has been chosen. Pure.

import type { Field, Question, QuestionField, Side, Winner } from "../../core/src/core";
import { distance } from "../geo/position";
import { accuracyWords, coordinates, metres } from "../places/words";
import { words } from "../words";

/** A field's value on one side; null where there is nothing. */
export function sideValue(side: Side, field: QuestionField): string | null {
  switch (field) {
    case "name":
    case "note":
    case "category":
      return side[field];
    case "tags":
      return side.tags.map((tag) => `#${tag}`).join(" ") || null;
    case "position":
      return side.position && `${coordinates(side.position)}\n${accuracyWords({ position: side.position, positionSource: null })}`;
    case "trash":
      return side.inTrash ? words.conflict.inTrashValue : words.conflict.notInTrash;
  }
}

/** How far both positions are apart; null where one has none. */
export function apart({ mine, theirs }: Question): string | null {
  if (!mine.position || !theirs?.position) return null;
  return words.conflict.apart(metres(distance(mine.position, theirs.position)));
}

/** What to show: all in which they differ, the ones to choose first. Where there is no other side, all that this device has. */
export function fieldsOf({ mine, theirs, differing, conflicting }: Question): QuestionField[] {
  if (!theirs) {
    const all: QuestionField[] = ["name", "note", "category", "position", "tags"];
    return all.filter((field) => sideValue(mine, field) !== null);
  }
  const toChoose: QuestionField[] = conflicting;
  return [...toChoose, ...differing.filter((field) => !toChoose.includes(field))];
}

/** Which fields are still to be chosen. */
export const undecided = ({ conflicting }: Question, choice: Partial<Record<Field, Winner>>): Field[] =>
  conflicting.filter((field) => choice[field] === undefined);

/** What happened, as a sentence or two. */
export function questionText({ kind, reason }: Question): string {
  if (kind !== "conflict") return words.conflict[kind];
  return words.conflict[reason ?? "fieldsChanged"];
}
