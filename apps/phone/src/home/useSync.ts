import { useCallback } from "react";
import { useCommand, useOverview } from "../core";
import { useOnline } from "../platform/online";
import { useSay } from "../ui/Toast";
import { useLatest } from "../ui/useLatest";
import { withoutPosition } from "./banners";
import { syncedText } from "./synced";

/** "Sync now", and what came of it, said. */
export function useSync(): { sync: () => Promise<void>; isSyncing: boolean } {
  const { run, busy } = useCommand();
  const say = useSay();
  const overview = useOverview();
  const lacking = useLatest(overview ? withoutPosition(overview.status) : 0);
  const online = useLatest(useOnline());
  const sync = useCallback(async () => {
    const synced = await run({ call: "sync" });
    if (!synced) return;
    const { text, isWell } = syncedText(synced, lacking.current, online.current);
    say({ text, tone: isWell ? "accent" : "warning", ...(synced.failure && { ms: 8_000 }) });
  }, [run, say, lacking, online]);
  return { sync, isSyncing: busy };
}
