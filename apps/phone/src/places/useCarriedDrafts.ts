import { useEffect } from "react";
import { useCore, useOverview } from "../core";
import { carryDrafts, isAllTakenIn } from "./carry";

/** Wherever the places without an account were taken in, in this window or another one, now or before the app was killed. */
export function useCarriedDrafts(): void {
  const core = useCore();
  const overview = useOverview();
  const store = overview && isAllTakenIn(overview) ? overview.store : null;
  useEffect(() => {
    if (store) void carryDrafts(core);
  }, [core, store]);
}
