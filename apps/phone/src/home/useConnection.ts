import { useMemo } from "react";
import { useOverview } from "../core";
import type { Promises } from "../places/words";
import { useOnline } from "../platform/online";
import { connectionOf } from "./connection";

/** What can be promised now: whether anything is sent, and kept; null until the core has said how it stands. */
export function usePromises(): Promises | null {
  const overview = useOverview();
  const isOnline = useOnline();
  return useMemo(() => overview && { connection: connectionOf(overview, isOnline), isKept: overview.storage.persisted === "granted" }, [overview, isOnline]);
}
