// Both sides of a question, in words, and what has been chosen. Pure.

import type { Field, Question, QuestionField, Resolution, Side, Winner } from "../../core/src/core";
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

/** Of the two sides of a conflict, the one in the trash, where they differ in that. */
function trashed({ kind, reason, mine, theirs }: Question): "mine" | "theirs" | null {
  if (kind !== "conflict" || !theirs) return null;
  // What this phone has stands on what the server has, its trash included; but to keep the change is to take it out of there.
  if (reason === "inTrash" && theirs.inTrash) return "theirs";
  if (mine.inTrash === theirs.inTrash) return null;
  return mine.inTrash ? "mine" : "theirs";
}

/** The words of the two buttons that answer for everything. */
export function answerWords(question: Question): { keepMine: string; keepTheirs: string } {
  const { conflict } = words;
  switch (trashed(question)) {
    case "theirs":
      return { keepMine: conflict.outOfTrash, keepTheirs: conflict.leaveInTrash };
    case "mine":
      return { keepMine: conflict.intoTrash, keepTheirs: conflict.leaveOut };
    case null:
      return { keepMine: conflict.keepMine, keepTheirs: conflict.keepTheirs };
  }
}

/** What becomes of both sides with this answer, as a sentence or two. */
export function becameOf(question: Question, answer: Resolution): string {
  const { became, fields } = words.conflict;
  const inTrash = trashed(question);
  switch (answer.is) {
    case "keepMine":
      return inTrash === "theirs" ? became.outOfTrash : inTrash === "mine" ? became.intoTrash : became.mine;
    case "keepTheirs":
      return inTrash === "theirs" ? became.leftInTrash : inTrash === "mine" ? became.leftOut : became.theirs;
    case "perField": {
      const of = (winner: Winner) =>
        question.conflicting
          .filter((field) => answer.fields[field] === winner)
          .map((field) => fields[field].toLowerCase())
          .join(", ");
      return became.each(of("mine"), of("theirs"));
    }
    case "keepAsNew":
      return became.asNew;
    case "letGo":
      return question.theirs ? became.servers : became.letGo;
  }
}
