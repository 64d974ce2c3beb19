import { useEffect, useState } from "react";
import { type StoreKey, useCore, useOverview } from "../core";
import { askAgain } from "../core/again";
import { isAllTakenIn } from "./carry";
import { onDrafts } from "./drafts";
import { type Stray, straysOf } from "./strays";

const NONE: Stray[] = [];

/** What was typed, is not saved, and has no page any more to be saved on; kept current. */
export function useStrays(): Stray[] {
  const core = useCore();
  const overview = useOverview();
  const store = overview?.store;
  const isTakenIn = overview !== null && isAllTakenIn(overview);
  const [found, setFound] = useState<{ store: StoreKey; isTakenIn: boolean; strays: Stray[] }>();
  useEffect(() => {
    if (!store) return;
    let live = true;
    const again = askAgain(() => straysOf(core, store, isTakenIn).then((strays) => live && setFound({ store, isTakenIn, strays })));
    again.ask();
    const ends = [core.subscribe((change) => change.what !== "overview" && again.ask()), onDrafts(again.ask)];
    return () => {
      live = false;
      again.stop();
      for (const end of ends) end();
    };
  }, [core, store, isTakenIn]);
  // Under another account nothing of it is shown.
  return found?.store === store && found?.isTakenIn === isTakenIn ? found.strays : NONE;
}
