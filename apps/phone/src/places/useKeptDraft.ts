import { useEffect, useState } from "react";
import { type Place, useCore } from "../core";
import { useLatest } from "../ui/useLatest";
import { carryDrafts } from "./carry";
import { type KeptDraft, takeDraft } from "./drafts";

/** What the page of this place begins with, of what was typed there before; undefined until that is known. */
export function useKeptDraft(place: Place | undefined): { draft: KeptDraft | null } | undefined {
  const core = useCore();
  const latest = useLatest(place);
  const of = place && `${place.key} ${place.clientId ?? ""}`;
  const [read, setRead] = useState<{ of: string; draft: KeptDraft | null }>();
  useEffect(() => {
    if (of === undefined) return;
    let live = true;
    // What is typed next would take the place of what is on its way here, or has yet to be: the page may be the first that is drawn.
    const take = async () => {
      await carryDrafts(core);
      const now = latest.current;
      if (!live || !now) return;
      const draft = await takeDraft(now);
      if (live) setRead({ of, draft });
    };
    void take();
    return () => {
      live = false;
      // A page that is drawn anew begins with what is kept by then.
      setRead(undefined);
    };
  }, [core, of, latest]);
  return read && read.of === of ? read : undefined;
}
