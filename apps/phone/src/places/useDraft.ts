import { useFocusEffect } from "expo-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { AppState } from "react-native";
import { type Changes, type Failure, fieldProblem, type Place, seen, useCommand } from "../core";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { changesOf, type Draft, draftOf, follow } from "./form";

export interface Drafting {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  isDirty: boolean;
  isSaving: boolean;
  save: () => Promise<void>;
  revert: () => void;
  problem: (field: string) => string | undefined;
  failure: Failure | null;
}

/** What could not be saved when its page was left: it is there again when the page is opened, as long as the app runs. */
const unsaved = new Map<string, { draft: Draft; shown: Place }>();

/** The place as it is now, but with what was seen of the fields that are being changed. */
function stillSeen(touched: Changes | null, shown: Place, now: Place): Place {
  const place = { ...now };
  if (touched && "name" in touched) place.name = shown.name;
  if (touched && "note" in touched) place.note = shown.note;
  if (touched && "category" in touched) place.category = shown.category;
  if (touched && "tags" in touched) place.tags = shown.tags;
  return place;
}

/**
 * What is typed on a place's page. It is saved by the button, and also when the page is left or the app goes to the
 * background: nothing that was typed is lost. Each save says what the person saw when they began to type.
 */
export function useDraft(place: Place): Drafting {
  const { run, busy, failure } = useCommand();
  const say = useSay();
  /** The place as it was when typing began; the newest one while nothing is typed. */
  const [shown, setShown] = useState(() => unsaved.get(place.key)?.shown ?? place);
  const [draft, setDraft] = useState<Draft>(() => unsaved.get(place.key)?.draft ?? draftOf(place));
  const isDirty = changesOf(draft, shown) !== null;

  const latest = useRef({ draft, shown });
  latest.current = { draft, shown };
  useEffect(() => {
    const { draft, shown } = latest.current;
    if (place === shown) return;
    // Fields that are not touched follow; of those that are, the person has still seen what `shown` says.
    setDraft(follow(draft, draftOf(shown), draftOf(place)));
    setShown(stillSeen(changesOf(draft, shown), shown, place));
  }, [place]);

  const underWay = useRef<Promise<void> | null>(null);

  const save = useCallback((): Promise<void> => {
    const saveOnce = async () => {
      const { draft, shown } = latest.current;
      const changes = changesOf(draft, shown);
      if (!changes) return;
      const answer = await run({ call: "edit", key: shown.key, changes, seen: seen(shown) });
      // What was typed meanwhile is the newest; the page may be gone by now, so that nothing else knows of it.
      if (!answer) return void unsaved.set(shown.key, { draft: latest.current.draft, shown });
      unsaved.delete(shown.key);
      const typed = follow(latest.current.draft, draft, draftOf(answer.place));
      latest.current = { draft: typed, shown: answer.place };
      setShown(answer.place);
      setDraft((typed) => follow(typed, draft, draftOf(answer.place)));
      say({ text: words.place.changed });
    };
    // One after the other: the second says what was typed during the first, if anything was.
    const before = underWay.current ?? Promise.resolve();
    const mine = before.then(saveOnce).finally(() => {
      if (underWay.current === mine) underWay.current = null;
    });
    underWay.current = mine;
    return mine;
  }, [run, say]);

  // Leaving the page, or the app, saves.
  useFocusEffect(useCallback(() => () => void save(), [save]));
  useEffect(() => {
    const subscription = AppState.addEventListener("change", (state) => {
      if (state !== "active") void save();
    });
    return () => subscription.remove();
  }, [save]);

  return {
    draft,
    set: useCallback((change) => setDraft((before) => ({ ...before, ...change })), []),
    isDirty,
    isSaving: busy,
    save,
    revert: useCallback(() => {
      const { shown } = latest.current;
      const draft = draftOf(shown);
      unsaved.delete(shown.key);
      // At once, too: the page may be left before it is drawn again.
      latest.current = { draft, shown };
      setDraft(draft);
    }, []),
    problem: (field) => fieldProblem(failure, field),
    failure,
  };
}
