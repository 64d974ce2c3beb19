import { useRouter } from "expo-router";
import { useCallback } from "react";
import { type Place, type PlacePage, seen, useCommand } from "../core";
import { useAsk } from "../ui/Dialog";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { newsOf, seenSince } from "./clash";
import { untilSeen } from "./looks";
import type { Drafting } from "./useDraft";

/** What is typed on the page of the place. */
type Typed = Pick<Drafting, "save" | "revert" | "isUnsaved" | "inHand">;

/** Into the trash and out of it. What was never sent has no trash: it is asked about before, as nothing brings it back. */
export function useRemoval({ place, entries }: Pick<PlacePage, "place" | "entries">) {
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
  const remove = useCallback(async ({ save, isUnsaved, inHand, revert }: Typed) => {
    const before = inHand();
    if (neverSent) {
      const { deleteTitle: title, deleteText: text, deleteForGood: yes } = words.place;
      if (!(await ask({ title, text, yes, danger: true }))) return;
    } else if (isUnsaved()) {
      await save();
      // Why it could not be saved has been said, beside the field or below; the place stays as long as that is open.
      if (isUnsaved()) return;
    }
    // What was typed is saved by now, or was while the question was open: it is no news to whoever typed it.
    let shown = seenSince(before, inHand().shown);
    const key = shown.key;
    const attempt = () => runSeen({ call: "delete", key, seen: seen(shown) });
    // Another window has changed it just now, and the core deletes nothing that was not seen: it is shown, and asked about.
    const lookAndDelete = async () => {
      const page = await run({ call: "place", key });
      if (!page) return null;
      const facts = newsOf(shown, page.place);
      const { deleteChanged: text, delete: trash, deleteForGood } = words.place;
      // Less than what can be shown, such as a centimetre, is nothing to ask about.
      if (facts.length > 0 && !(await ask({ title: words.clash.title, text, facts, yes: neverSent ? deleteForGood : trash, danger: true }))) return null;
      shown = page.place;
      return attempt();
    };
    let answer = await attempt();
    if (answer === "changed") answer = await untilSeen(lookAndDelete);
    if (answer === "changed") return say({ text: words.place.notDeleted, tone: "warning", ms: 8_000 });
    if (!answer) return;
    revert();
    const { place: deleted } = answer;
    if (deleted) say({ text: words.place.deleted, icon: "trash", action: { title: words.undo, onPress: () => void restore(deleted) } });
    else say({ text: words.place.vanished, icon: "trash" });
    if (router.canGoBack()) router.back();
    else router.replace("/");
  }, [neverSent, ask, run, runSeen, say, restore, router]);

  return { remove, restore, busy, neverSent };
}
