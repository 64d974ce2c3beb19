import { useFocusEffect } from "expo-router";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { AppState } from "react-native";
import { type Changes, fieldProblem, type Place, type PlacePage, refusedProblem, seen, useCommand, useCore } from "../core";
import { useSaySaved } from "../home/useSaySaved";
import { useSay } from "../ui/Toast";
import { useLatest } from "../ui/useLatest";
import { words } from "../words";
import { clashesOf, seenOf, without } from "./clash";
import { dropDraft, keepDraft, type KeptDraft } from "./drafts";
import { canChange, changesOf, type Draft, draftOf, follow, typedLines } from "./form";
import { untilSeen } from "./looks";
import { useClash } from "./useClash";

export interface Drafting {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  isDirty: boolean;
  /** What is typed, as lines. */
  typed: string;
  /** What is typed was typed before this page was opened, and is not saved. */
  isRestored: boolean;
  /** The same, asked at any moment: also between two drawings of the page. */
  isUnsaved: () => boolean;
  /** What stands in the form, and the place as the person has seen it there, asked at any moment. */
  inHand: () => KeptDraft;
  isSaving: boolean;
  save: () => Promise<void>;
  revert: () => void;
  /** What was typed elsewhere stands in the form from now on, as if it had been typed here; false where something else is typed. */
  use: (kept: KeptDraft) => boolean;
  problem: (field: string) => string | undefined;
}

/** The place as it is now, but with what was seen of the fields that are being changed, unless it has come to the same. */
function stillSeen(draft: Draft, shown: Place, now: Place): Place {
  const place = { ...now };
  const [touched, open]: Changes[] = [changesOf(draft, shown) ?? {}, changesOf(draft, now) ?? {}];
  const keeps = (field: keyof Changes) => field in touched! && field in open!;
  if (keeps("name")) place.name = shown.name;
  if (keeps("note")) place.note = shown.note;
  if (keeps("category")) place.category = shown.category;
  if (keeps("tags")) place.tags = shown.tags;
  return place;
}

/**
 * What is typed on a place's page. It is saved by the button, and also when the page is left or the app goes to the background;
 * until then it is kept beside the core (`kept` is what was found there): nothing that was typed is lost. Each save says what the
 * person saw, and where the place has become something else meanwhile, they are asked first. `entries` is what waits of the place:
 * what the server refused of it is said beside its field, until something else is typed there.
 */
export function useDraft(place: Place, kept: KeptDraft | null, entries: PlacePage["entries"] = []): Drafting {
  const core = useCore();
  const { runSeen, busy, failure } = useCommand();
  const { decide, tell } = useClash();
  const say = useSay();
  const saySaved = useSaySaved();
  /**
   * What is typed, and the place as it was when that began; the newest one while nothing is typed. Both are one state, and each change
   * is made to the newest: what arrives while somebody types must not undo the letter before.
   */
  const [{ draft, shown }, change] = useState<KeptDraft>(() => kept ?? { draft: draftOf(place), shown: place });
  const [isRestored, setRestored] = useState(kept !== null);
  const typed = changesOf(draft, shown);
  const isDirty = typed !== null;
  const isTyped = (field: string) => typed !== null && field in typed;
  /** What the core has refused to save: what it said of a field is about that text, and goes with it. */
  const [refused, setRefused] = useState<Changes>({});
  const isRefused = (field: string) => isTyped(field) && JSON.stringify(typed?.[field as keyof Changes]) === JSON.stringify(refused[field as keyof Changes]);

  const latest = useRef({ draft, shown });
  useLayoutEffect(() => {
    latest.current = { draft, shown };
  });
  /** The newest that is known to be stored. What is typed since an earlier one is not yet compared with it. */
  const newest = useRef(kept ? null : place);
  useEffect(() => {
    if (place === newest.current) return;
    newest.current = place;
    change(({ draft, shown }) => {
      // Fields that are not touched follow; of those that are, the person has still seen what `shown` says.
      const next = follow(draft, draftOf(shown), draftOf(place));
      return { draft: next, shown: stillSeen(next, shown, place) };
    });
  }, [place]);

  /** Something of this page is kept beside the core. */
  const isKept = useRef(kept !== null);
  useEffect(() => {
    if (isDirty) {
      isKept.current = true;
      void keepDraft(shown.key, { draft, shown });
    } else if (isKept.current) {
      isKept.current = false;
      setRestored(false);
      void dropDraft(shown.key);
    }
  }, [draft, shown, isDirty]);

  const underWay = useRef<Promise<void> | null>(null);
  const isAsking = useRef(false);
  /** What the person did not want to decide: they are asked about it again only when they save themselves. */
  const declined = useRef("");

  /** One look at the place as it is now, and a save against that. "changed": another window has saved in between, and nothing was written. */
  const lookAndSave = useCallback(
    async (byThemselves: boolean): Promise<"changed" | void> => {
      if (!changesOf(latest.current.draft, latest.current.shown)) return;
      // Another window may have saved since. Where that can't be asked, the core says why by itself.
      const now = await core.perform({ call: "place", key: latest.current.shown.key }).then(
        ({ place }) => place,
        () => null,
      );
      // Gone into the trash, or no longer the person's to change: what is typed is kept, and the page shows it.
      if (now && !canChange(now)) return;
      const { draft, shown } = latest.current;
      const clashes = now ? clashesOf(draft, shown, now) : [];
      let kept: "mine" | "now" | null = null;
      if (clashes.length > 0) {
        const question = JSON.stringify(clashes);
        if (!byThemselves && question === declined.current) return;
        isAsking.current = true;
        kept = await decide(clashes).finally(() => (isAsking.current = false));
        if (!kept) {
          declined.current = question;
          return say({ text: words.clash.notYet, tone: "warning", ms: 8_000 });
        }
      }
      const wanted = now ? follow(kept === "now" ? without(draft, clashes) : draft, draftOf(shown), draftOf(now)) : draft;
      const saw = now ? seenOf(clashes, stillSeen(wanted, shown, now), now) : shown;
      const changes = changesOf(wanted, saw);
      const answer = changes ? await runSeen({ call: "edit", key: shown.key, changes, seen: seen(saw) }) : { place: saw };
      if (!answer) return setRefused(changes ?? {});
      if (answer === "changed") return answer;
      // What was typed meanwhile is the newest; the page may be gone by now, so that nothing else knows of it.
      const typed = follow(latest.current.draft, draft, draftOf(answer.place));
      newest.current = answer.place;
      latest.current = { draft: typed, shown: answer.place };
      change((typed) => ({ draft: follow(typed.draft, draft, draftOf(answer.place)), shown: answer.place }));
      await (changesOf(typed, answer.place) ? keepDraft(shown.key, latest.current) : dropDraft(shown.key));
      if (kept) tell(clashes, kept);
      else saySaved({ text: words.place.changed });
    },
    [core, decide, runSeen, say, saySaved, tell],
  );

  const saveOnce = useCallback(
    async (byThemselves: boolean) => {
      // The core lets nobody overwrite what they have not seen, whoever is quicker: what the other window saved is looked at, and asked about.
      if ((await untilSeen(() => lookAndSave(byThemselves))) !== "changed") return;
      say({ text: words.clash.notYet, tone: "warning", ms: 8_000 });
    },
    [lookAndSave, say],
  );

  const save = useCallback(
    (byThemselves: boolean): Promise<void> => {
      if (isAsking.current && underWay.current) return underWay.current;
      // One after the other: the second says what was typed during the first, if anything was.
      const before = underWay.current ?? Promise.resolve();
      const mine = before.then(() => saveOnce(byThemselves)).finally(() => {
        if (underWay.current === mine) underWay.current = null;
      });
      underWay.current = mine;
      return mine;
    },
    [saveOnce],
  );

  // Leaving the page, or the app, saves.
  const saver = useLatest(save);
  // Not whenever `save` is another function: that would save what the person is only being shown.
  useFocusEffect(useCallback(() => () => void saver.current(false), [saver]));
  useEffect(() => {
    const subscription = AppState.addEventListener("change", (state) => {
      if (state !== "active") void saver.current(false);
    });
    return () => subscription.remove();
  }, [saver]);

  return {
    draft,
    set: useCallback((typed) => change(({ draft, shown }) => ({ draft: { ...draft, ...typed }, shown })), []),
    isDirty,
    typed: typedLines(draft, shown),
    isRestored: isRestored && isDirty,
    isUnsaved: useCallback(() => changesOf(latest.current.draft, latest.current.shown) !== null, []),
    inHand: useCallback(() => latest.current, []),
    isSaving: busy,
    save: useCallback(() => save(true), [save]),
    revert: useCallback(() => {
      const shown = newest.current ?? latest.current.shown;
      const draft = draftOf(shown);
      // At once, too: the page may be left before it is drawn again.
      latest.current = { draft, shown };
      change({ draft, shown });
      void dropDraft(shown.key);
    }, []),
    use: useCallback((kept) => {
      const { draft, shown } = latest.current;
      if (changesOf(draft, shown)) return false;
      const now = newest.current ?? shown;
      const next = follow(kept.draft, draftOf(kept.shown), draftOf(now));
      latest.current = { draft: next, shown: stillSeen(next, kept.shown, now) };
      change(latest.current);
      setRestored(true);
      return true;
    }, []),
    problem: (field) => (isRefused(field) ? fieldProblem(failure, field) : undefined) ?? (isTyped(field) ? undefined : refusedProblem(entries, field)),
  };
}
