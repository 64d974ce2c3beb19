import { useCallback } from "react";
import { useCommand } from "../core";
import { useSay } from "../ui/Toast";
import { words } from "../words";

/** "Sync now", and what came of it, said. */
export function useSync(): { sync: () => Promise<void>; isSyncing: boolean } {
  const { run, busy } = useCommand();
  const say = useSay();
  const sync = useCallback(async () => {
    const synced = await run({ call: "sync" });
    if (!synced) return;
    const { failure, needAttention, sent, pulled, pending } = synced;
    if (failure) return say({ text: `${failure.sentence} ${failure.advice}`, tone: "warning", ms: 8_000 });
    const parts = [
      sent > 0 ? words.synced.sent(sent) : "",
      pulled > 0 ? words.synced.pulled(pulled) : "",
      needAttention > 0 ? words.synced.attention(needAttention) : "",
      pending > 0 ? words.synced.pending(pending) : "",
    ].filter(Boolean);
    say({ text: parts.join(" ") || words.synced.done, tone: needAttention + pending > 0 ? "warning" : "accent" });
  }, [run, say]);
  return { sync, isSyncing: busy };
}
