import { useRouter } from "expo-router";
import { useCallback } from "react";
import { type Place, type PlacePage, seen, useCommand } from "../core";
import { useAsk } from "../ui/Dialog";
import { useSay } from "../ui/Toast";
import { words } from "../words";

/** Into the trash and out of it. What was never sent has no trash: it is asked about before, as nothing brings it back. */
export function useRemoval({ place, entries }: Pick<PlacePage, "place" | "entries">) {
  const { run, busy } = useCommand();
  const ask = useAsk();
  const say = useSay();
  const router = useRouter();
  // A try that nobody answered may have arrived all the same.
  const neverSent = place.version === null && entries.every(({ attempts }) => attempts === 0);

  const restore = useCallback(
    async (from: Place = place) => {
      const answer = await run({ call: "restore", key: from.key, seen: seen(from) });
      if (answer) say({ text: words.place.restored, icon: "restore" });
    },
    [place, run, say],
  );

  /** `forget` lets go of what is typed: it would be saved when the page is left, into a place that is deleted by then. */
  const remove = useCallback(async (forget: () => void) => {
    if (neverSent) {
      const { deleteTitle: title, deleteText: text, deleteForGood: yes } = words.place;
      if (!(await ask({ title, text, yes, danger: true }))) return;
    }
    const answer = await run({ call: "delete", key: place.key, seen: seen(place) });
    if (!answer) return;
    forget();
    const { place: deleted } = answer;
    if (deleted) say({ text: words.place.deleted, icon: "trash", action: { title: words.undo, onPress: () => void restore(deleted) } });
    else say({ text: words.place.vanished, icon: "trash" });
    if (router.canGoBack()) router.back();
    else router.replace("/");
  }, [neverSent, ask, run, place, say, restore, router]);

  return { remove, restore, busy, neverSent };
}
