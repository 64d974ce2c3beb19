import { useRouter } from "expo-router";
import { useCallback, useRef, useState } from "react";
import { useCore, useOverview } from "../core";
import { deviceLocation } from "../location/device";
import { accuracyWords, problemWords } from "../places/words";
import { holdVersion } from "../platform/version";
import { feelFailed, feelSaved } from "../ui/haptics";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { type Capture, captureHere, type News } from "./capture";
import { searchEnded } from "./ended";

/** A second touch so soon is a trembling finger, not a second place; milliseconds. */
const DOUBLE_TAP_MS = 700;

/** "Save here": what the button calls, and whether the tap is not yet durable. */
export function useCapture(): { save: () => void; isSaving: boolean } {
  const core = useCore();
  const overview = useOverview();
  const say = useSay();
  const router = useRouter();
  const [isSaving, setSaving] = useState(false);
  const lastTap = useRef(Number.NEGATIVE_INFINITY);
  const latest = useRef<Capture | null>(null);
  const store = useRef(overview?.store);
  store.current = overview?.store;
  const isKept = overview?.storage.persisted === "granted";

  const save = useCallback(() => {
    const now = performance.now();
    if (now - lastTap.current < DOUBLE_TAP_MS) return;
    lastTap.current = now;
    setSaving(true);
    const undo = async (capture: Capture) => {
      const outcome = await capture.undo();
      if (outcome) say({ text: outcome === "vanished" ? words.home.undone : words.home.undoneTrash, icon: "restore" });
      else say({ text: words.home.notUndone, tone: "danger", action: { title: words.tryAgain, onPress: () => void undo(capture) } });
    };
    const tell = (news: News) => {
      const isLatest = latest.current === capture;
      const action = { title: words.undo, onPress: () => void undo(capture) };
      // "Saved on this phone" is never said without its warning where there is one.
      const saySaved = (text: string) =>
        say({ text: isKept ? text : `${text} ${words.home.savedWarning}`, tone: isKept ? "accent" : "warning", icon: "check", action });
      switch (news.is) {
        case "saved":
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
          if (isLatest) {
            const open = { title: words.home.open, onPress: () => router.push(`/position/${keyOf.current}`) };
            say({ text: `${words.home.noPosition} ${problemWords(news.problem)}`, tone: "warning", action: open, ms: 12_000 });
          }
          break;
        case "failed":
          setSaving(false);
          feelFailed();
          say({
            // No answer is not a "no": the same capture can be tried again, and is one place.
            text: `${news.failure.code === "unavailable" ? words.home.notConfirmed : words.home.notSaved}. ${news.failure.sentence} ${news.failure.advice}`,
            tone: "danger",
            ms: 30_000,
            action: {
              title: words.tryAgain,
              onPress: () => {
                setSaving(true);
                news.retry();
              },
            },
          });
          break;
      }
      if (news.is === "saved") keyOf.current = news.place.key;
    };
    const keyOf = { current: "" };
    const capture = captureHere({ core, shown: () => store.current, source: deviceLocation }, tell);
    latest.current = capture;
    // Better positions are still looked for after it is durable: a new version of the app waits for them.
    void capture.done.finally(holdVersion());
  }, [core, say, router, isKept]);

  return { save, isSaving };
}
