import { useCallback } from "react";
import { type NewPosition, type Place, seen, useCommand } from "../core";
import { useSaySaved } from "../home/useSaySaved";
import { useSay } from "../ui/Toast";
import { words } from "../words";

/** Gives a place its position, and says so. */
export function useGivePosition(): { give: (shown: Place, position: NewPosition, from: "sensor" | "person") => Promise<boolean>; busy: boolean } {
  const { run, busy } = useCommand();
  const say = useSay();
  const saySaved = useSaySaved();
  /** False where it is not saved. `shown`: the place as the person saw it. */
  const give = useCallback(
    async (shown: Place, position: NewPosition, from: "sensor" | "person") => {
      if (from === "sensor" && shown.clientId && !shown.position) {
        const fixed = await run({ call: "fix", clientId: shown.clientId, position });
        if (!fixed) return false;
        // The search of its capture, or the watch that it came from, was quicker and more exact.
        if (fixed.outcome === "notBetter") {
          say({ text: words.position.hasBetter, tone: "warning" });
          return false;
        }
      } else if (!(await run({ call: "edit", key: shown.key, changes: { position }, seen: seen(shown) }))) return false;
      saySaved({ text: words.position.saved });
      return true;
    },
    [run, say, saySaved],
  );
  return { give, busy };
}
