import { useCallback } from "react";
import { type NewPosition, type Place, seen, useCommand } from "../core";
import { useSaySaved } from "../home/useSaySaved";
import { useSay } from "../ui/Toast";
import { words } from "../words";

/** Gives a place its position, and says so. */
export function useGivePosition(): { give: (shown: Place, position: NewPosition, from: "sensor" | "person") => Promise<"saved" | "changed" | null>; busy: boolean } {
  const { run, runSeen, busy } = useCommand();
  const say = useSay();
  const saySaved = useSaySaved();
  /** Null where it is not saved, and "changed" where another window has changed it since. `shown`: the place as the person saw it. */
  const give = useCallback(
    async (shown: Place, position: NewPosition, from: "sensor" | "person") => {
      if (from === "sensor" && shown.clientId && !shown.position) {
        const fixed = await run({ call: "fix", clientId: shown.clientId, position });
        if (!fixed) return null;
        // The search of its capture, or the watch that it came from, was quicker and more exact.
        if (fixed.outcome === "notBetter") {
          say({ text: words.position.hasBetter, tone: "warning" });
          return null;
        }
      } else {
        const answer = await runSeen({ call: "edit", key: shown.key, changes: { position }, seen: seen(shown) });
        if (!answer || answer === "changed") return answer;
      }
      saySaved({ text: words.position.saved });
      return "saved";
    },
    [run, runSeen, say, saySaved],
  );
  return { give, busy };
}
