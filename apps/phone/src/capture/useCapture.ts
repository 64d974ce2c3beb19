import { useCallback, useRef, useState } from "react";
import { failureOf, useCore, useOverview } from "../core";
import { deviceLocation } from "../location/device";
import { accuracyWords, withWarning } from "../places/words";
import { holdVersion } from "../platform/version";
import { feelFailed, feelSaved } from "../ui/haptics";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { type Capture, captureHere, type News } from "./capture";
import { searchBegun, searchEnded } from "./ended";
import { useLatest } from "../ui/useLatest";

/** A second touch so soon is a trembling finger, not a second place; milliseconds. */
const DOUBLE_TAP_MS = 700;

/** A capture that is not saved, or not known to be. */
export interface Unsaved {
  clientId: string;
  title: string;
  text: string;
  /** Tries the same one again. */
  retry: () => void;
  dismiss: () => void;
}

/** "Save here": what the button calls, whether the tap is not yet durable, and what could not be saved and is not let go of. */
export function useCapture(): { save: () => void; isSaving: boolean; unsaved: Unsaved[] } {
  const core = useCore();
  const overview = useOverview();
  const say = useSay();
  const [isSaving, setSaving] = useState(false);
  const [unsaved, setUnsaved] = useState<Unsaved[]>([]);
  const lastTap = useRef(Number.NEGATIVE_INFINITY);
  const latest = useRef<Capture | null>(null);
  const store = useLatest(overview?.store);
  const isKept = overview?.storage.persisted === "granted";

  const save = useCallback(() => {
    const now = performance.now();
    if (now - lastTap.current < DOUBLE_TAP_MS) return;
    lastTap.current = now;
    setSaving(true);
    const undo = async (capture: Capture) => {
      const outcome = await capture.undo();
      if (outcome === "changed") say({ text: words.home.changedSince, tone: "warning", ms: 8_000 });
      else if (outcome) say({ text: outcome === "vanished" ? words.home.undone : words.home.undoneTrash, icon: "restore" });
      else say({ text: words.home.notUndone, tone: "danger", action: { title: words.tryAgain, onPress: () => void undo(capture) } });
    };
    const tell = (news: News) => {
      const isLatest = latest.current === capture;
      const letGo = () => setUnsaved((before) => before.filter(({ clientId }) => clientId !== capture.clientId));
      const action = { title: words.undo, onPress: () => void undo(capture) };
      // "Saved on this phone" is never said without its warning where there is one.
      const saySaved = (text: string, ms?: number) =>
        say({ text: withWarning(text, isKept), tone: isKept && news.is !== "noPosition" ? "accent" : "warning", icon: "check", action, ...(ms && { ms }) });
      switch (news.is) {
        case "saved":
          letGo();
          setSaving(false);
          feelSaved();
          saySaved(news.isWaiting ? words.home.savedWaiting : words.home.saved);
          break;
        // Older captures show their news in the list.
        case "placed":
          searchEnded(capture.clientId, null);
          if (isLatest) saySaved(words.home.savedPlaced(accuracyWords(news.place)));
          break;
        case "improved":
          break;
        case "noPosition":
          searchEnded(capture.clientId, news.problem);
          // With "Undo", as every news of a capture: that it may come at once must not take that away. The list has the place at its top, and its page says what to do.
          if (isLatest) saySaved(`${words.home.noPosition} ${words.location.why[news.problem]}.`, 12_000);
          break;
        case "failed": {
          setSaving(false);
          feelFailed();
          // No answer is not a "no": the same capture can be tried again, and is one place.
          const title = news.failure.code === "unavailable" ? words.home.notConfirmed : words.home.notSaved;
          const text = `${news.failure.sentence} ${news.failure.advice}`;
          const retry = () => {
            letGo();
            setSaving(true);
            void news.retry().finally(holdVersion());
          };
          // It stays when the words at the bottom have gone.
          setUnsaved((before) => [...before.filter(({ clientId }) => clientId !== capture.clientId), { clientId: capture.clientId, title, text, retry, dismiss: letGo }]);
          say({ text: `${title}. ${news.failure.sentence}`, tone: "danger", ms: 15_000, action: { title: words.tryAgain, onPress: retry } });
          break;
        }
      }
    };
    let capture: Capture;
    try {
      capture = captureHere({ core, shown: () => store.current, source: deviceLocation }, tell);
    } catch (error) {
      // Where not even an id could be made: nothing was begun, and the button can be pressed again.
      const { sentence, advice } = failureOf(error);
      setSaving(false);
      feelFailed();
      return say({ text: `${words.home.notSaved}. ${sentence} ${advice}`, tone: "danger", ms: 15_000 });
    }
    searchBegun(capture.clientId);
    latest.current = capture;
    // Better positions are still looked for after it is durable: a new version of the app waits for them.
    void capture.done.finally(holdVersion());
  }, [core, say, isKept, store]);

  return { save, isSaving, unsaved };
}
