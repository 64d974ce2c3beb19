import { useEffect, useState } from "react";
import type { Persisted } from "../core";
import { remember, remembered } from "../platform/remember";
import { useNow } from "../time/useNow";
import { isAway, putAway } from "./putAway";

const KEY = "storage-away";

/** Whether the warning about the storage is put away: on this device, for a week (`putAway.ts`), or until the browser has promised it and that is over. */
export function useStorageAway(persisted: Persisted | undefined): { storageAway: boolean; putStorageAway: () => void } {
  const [away, setAway] = useState(() => remembered(KEY) ?? "");
  const now = useNow();
  // The browser has promised it: should that end, it is news.
  if (persisted === "granted" && away !== "") setAway("");
  useEffect(() => {
    remember(KEY, away);
  }, [away]);
  return {
    storageAway: isAway(away, now),
    putStorageAway: () => setAway(putAway(now)),
  };
}
