import { useRouter } from "expo-router";
import { useCallback } from "react";
import { type Place, type PlacePage, seen, useCommand, useCore } from "../core";
import { useAsk } from "../ui/Dialog";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { newsOf } from "./clash";
import type { Drafting } from "./useDraft";

/** What is typed on the page of the place. */
type Typed = Pick<Drafting, "save" | "revert" | "isUnsaved">;

/** Into the trash and out of it. What was never sent has no trash: it is asked about before, as nothing brings it back. */
export function useRemoval({ place, entries }: Pick<PlacePage, "place" | "entries">) {
  const core = useCore();
  const { run, runSeen, busy } = useCommand();
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

  /**
   * What is typed goes into the trash with the place, and comes back with it. With a place that has no trash it goes for good:
   * it would be saved when the page is left, into a place that is deleted by then.
   */
  const remove = useCallback(async ({ save, isUnsaved, revert }: Typed) => {
    let shown = place;
    if (neverSent) {
      const { deleteTitle: title, deleteText: text, deleteForGood: yes } = words.place;
      if (!(await ask({ title, text, yes, danger: true }))) return;
    } else if (isUnsaved()) {
      await save();
      // Why it could not be saved has been said, beside the field or below; the place stays as long as that is open.
      if (isUnsaved()) return;
      shown = await core.perform({ call: "place", key: place.key }).then((page) => page.place, () => place);
    }
    let answer = await runSeen({ call: "delete", key: place.key, seen: seen(shown) });
    // Another window has changed it just now, and the core deletes nothing that was not seen: it is shown, and asked about.
    while (answer === "changed") {
      const now = await core.perform({ call: "place", key: place.key }).then((page) => page.place, () => null);
      if (!now) return;
      const { deleteChanged: text, delete: trash, deleteForGood } = words.place;
      if (!(await ask({ title: words.clash.title, text, facts: newsOf(shown, now), yes: neverSent ? deleteForGood : trash, danger: true }))) return;
      shown = now;
      answer = await runSeen({ call: "delete", key: place.key, seen: seen(shown) });
    }
    if (!answer) return;
    revert();
    const { place: deleted } = answer;
    if (deleted) say({ text: words.place.deleted, icon: "trash", action: { title: words.undo, onPress: () => void restore(deleted) } });
    else say({ text: words.place.vanished, icon: "trash" });
    if (router.canGoBack()) router.back();
    else router.replace("/");
  }, [neverSent, ask, core, runSeen, place, say, restore, router]);

  return { remove, restore, busy, neverSent };
}
