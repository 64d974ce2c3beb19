import { useEffect, useState } from "react";
import { useCore } from "../core";
import { carryDrafts } from "./carry";
import { readDraft } from "./drafts";

/** What was kept of what was typed at this place when its page was opened; undefined until that is known. */
export function useKeptDraft(key: string): { draft: unknown } | undefined {
  const core = useCore();
  const [read, setRead] = useState<{ key: string; draft: unknown }>();
  useEffect(() => {
    let live = true;
    // What is typed next would take the place of what is on its way here, or has yet to be: the page may be the first that is drawn.
    void carryDrafts(core).then(() => readDraft(key)).then((draft) => live && setRead({ key, draft }));
    return () => {
      live = false;
    };
  }, [core, key]);
  return read?.key === key ? read : undefined;
}
