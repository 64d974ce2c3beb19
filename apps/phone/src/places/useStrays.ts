import { useEffect, useState } from "react";
import { type StoreKey, useCore, useOverview } from "../core";
import { askAgain } from "../core/again";
import { onDrafts } from "./drafts";
import { type Stray, straysOf } from "./strays";

const NONE: Stray[] = [];

/** What was typed, is not saved, and has no page any more to be saved on; kept current. */
export function useStrays(): Stray[] {
  const core = useCore();
  const store = useOverview()?.store;
  const [found, setFound] = useState<{ store: StoreKey; strays: Stray[] }>();
  useEffect(() => {
    if (!store) return;
    let live = true;
    const again = askAgain(() => straysOf(core, store).then((strays) => live && setFound({ store, strays })));
    again.ask();
    const ends = [core.subscribe((change) => change.what !== "overview" && again.ask()), onDrafts(again.ask)];
    return () => {
      live = false;
      again.stop();
      for (const end of ends) end();
    };
  }, [core, store]);
  // Under another account nothing of it is shown.
  return found && found.store === store ? found.strays : NONE;
}
