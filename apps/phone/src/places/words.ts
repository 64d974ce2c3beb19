// What a place's data says, in words. Pure.

import type { ConflictReason, JournalLine, Lost, LostValue, OutboxEntry, Place, PlaceState } from "../../core/src/core";
import type { Connection } from "../home/connection";
import type { LocationProblem } from "../location/fix";
import type { IconName } from "../ui/Icon";
import type { Colors } from "../ui/theme";
import { words } from "../words";

/** A state as icon, words and colour. */
export interface StateLook {
  icon: IconName;
  title: string;
  tone: keyof Colors;
}

export function stateLook(state: PlaceState): StateLook {
  switch (state.is) {
    case "savedOnDevice":
      return { icon: "phone", title: words.states.savedOnDevice, tone: "accent" };
    case "sending":
      return { icon: "up", title: words.states.sending, tone: "accent" };
    case "synced":
      return { icon: "check", title: words.states.synced, tone: "inkSoft" };
    case "needsAttention":
      return { icon: "attention", title: words.states.needsAttention, tone: "warning" };
    case "waitingForPosition":
      return { icon: "clock", title: words.states.waitingForPosition, tone: "accent" };
    case "needsPosition":
      return { icon: "target", title: words.states.needsPosition, tone: "warning" };
  }
}

/** What the screens' promises depend on. */
export interface Promises {
  connection: Connection;
  /** Whether what is stored is kept: a browser may not have promised to. */
  isKept: boolean;
}

/** What the state means for the place and what comes next, in sentences. `reason`: of its conflict, where that is known. */
export function stateMeaning(state: PlaceState, { connection, isKept }: Promises, reason: ConflictReason | null = null): string {
  const { meaning, sent } = words;
  const isConnected = connection === "connected";
  const safely = (text: string) => withWarning(text, isKept);
  switch (state.is) {
    case "savedOnDevice":
      return safely(connection === "none" ? meaning.savedWithoutAccount : `${meaning.savedOnDevice} ${sent[connection]}`);
    case "sending":
      return isConnected ? meaning.sending : safely(`${meaning.sendingStopped} ${sent[connection]}`);
    case "synced":
      return isConnected ? meaning.synced : meaning.syncedOnce;
    case "waitingForPosition":
      return safely(meaning.waitingForPosition);
    case "needsPosition": {
      const then = connection === "none" ? meaning.needsPositionAlone : isConnected ? meaning.needsPositionThen : `${meaning.needsPositionFirst} ${sent[connection]}`;
      return safely(`${meaning.needsPosition} ${then}`);
    }
    case "needsAttention": {
      if (state.reason === "conflict" && reason && reason !== "fieldsChanged") return safely(meaning[reason]);
      if (state.reason !== "planFull") return safely(meaning[state.reason]);
      return safely(`${meaning.planFull} ${isConnected ? meaning.planFullThen : sent[connection]}`);
    }
  }
}

/** Something that is said to be saved, with the warning where the browser has not promised to keep it. */
export const withWarning = (text: string, isKept: boolean): string => (isKept ? text : `${/[.…!?]$/.test(text) ? text : `${text}.`} ${words.home.savedWarning}`);

/** Whether it waits for a position or needs one. */
export const lacksPosition = ({ state }: Pick<Place, "state">): boolean => state.is === "waitingForPosition" || state.is === "needsPosition";

/** Metres as a person says them: "12 m", "1.4 km", "230 km". */
export function metres(value: number): string {
  if (value < 1_000) return `${Math.max(1, Math.round(value))} m`;
  const kilometres = value / 1_000;
  return kilometres < 10 ? `${kilometres.toFixed(1)} km` : `${Math.round(kilometres)} km`;
}

/** "about ±12 m", "set by hand", "accuracy unknown". */
export function accuracyWords(place: Pick<Place, "position" | "positionSource">): string {
  const accuracy = place.position?.accuracy;
  if (typeof accuracy === "number") return words.accuracy.about(metres(accuracy));
  return place.positionSource === "manual" ? words.accuracy.byHand : words.accuracy.unknown;
}

/** "47.37690, 8.54170". */
export function coordinates({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}

/** The core's own words for a place that was made of one that is gone. */
const MADE_ANEW = "made from a place that is gone";

/** One line of a place's history. */
export function journalLine(entry: JournalLine): string {
  const { journal, outbox } = words;
  switch (entry.event) {
    case "resolved":
      return entry.detail === MADE_ANEW ? journal.madeAnew : journal.resolved;
    case "queued": {
      const kind = entry.kind as OutboxEntry["kind"] | null;
      return journal.queued(kind && kind in outbox.kinds ? outbox.kinds[kind] : outbox.kinds.update);
    }
    case "sent_again":
      return journal.sent_again(entry.attempts);
    default:
      return journal[entry.event];
  }
}

/** A value that was not kept, as text; null where it would have been empty. */
export function lostText(value: LostValue | null): string | null {
  if (value === null || typeof value === "string") return value;
  if ("latitude" in value) return coordinates(value);
  if ("add" in value) return [...value.add.map((tag) => `+#${tag}`), ...value.remove.map((tag) => `−#${tag}`)].join(" ");
  return value.map((tag) => `#${tag}`).join(" ");
}

/** A value that was not kept, as a sentence. A long one is cut to `most` letters. */
export function lostLine({ field, whose, value: lostValue }: Lost, most = Number.POSITIVE_INFINITY): string {
  const { lost } = words;
  const value = lostText(lostValue);
  if (value === null) return lost.nothing[whose](lost.fields[field]);
  const shown = value.length > most ? `${value.slice(0, most).trimEnd()} …` : value;
  return field === "tags" ? lost.tags[whose](shown) : lost[whose](lost.fields[field], shown);
}

/** Why there is no position, and what to do. */
export const problemWords = (problem: LocationProblem): string => `${words.location.why[problem]}. ${words.location[problem]}`;
