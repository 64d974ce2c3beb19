import { useFocusEffect, useRouter } from "expo-router";
import { useCallback, useState } from "react";
import { type Failure, type Place, useCore } from "../core";
import { askAgain } from "../core/again";
import { captureIn, carryDrafts } from "./carry";

/**
 * The page of a place goes along where the place is taken into another account, also by another window: there it has another key, under
 * which its page is opened instead. What it is known by in both is its capture, as this page has shown it. As long as the open account does
 * not have it, the page stays. Says whether it is just being looked for: until then nobody knows whether it is gone.
 */
export function useMoved(key: string, place: Place | undefined, failure: Failure | undefined): boolean {
  const core = useCore();
  const router = useRouter();
  const [known, setKnown] = useState<{ key: string; clientId: string | null }>();
  if (place && (known?.key !== place.key || known.clientId !== place.clientId)) setKnown({ key: place.key, clientId: place.clientId });
  const clientId = known?.key === key && failure?.code === "other_account" ? known.clientId : null;
  const [looking, setLooking] = useState<{ clientId: string | null; isUnderWay: boolean }>({ clientId: null, isUnderWay: false });
  // Only the page that is looked at: the router replaces that one, whoever asks.
  useFocusEffect(
    useCallback(() => {
      if (!clientId) return;
      let live = true;
      const again = askAgain(async () => {
        setLooking({ clientId, isUnderWay: true });
        try {
          await carryDrafts(core);
          const { store } = await core.perform({ call: "overview" });
          const moved = await captureIn(core, store, clientId);
          if (live && moved) return router.replace(`/place/${moved.key}`);
        } catch {
          // Asked again with the next change.
        }
        if (live) setLooking({ clientId, isUnderWay: false });
      });
      again.ask();
      const end = core.subscribe(again.ask);
      return () => {
        live = false;
        end();
        again.stop();
      };
    }, [core, router, clientId]),
  );
  return clientId !== null && (looking.clientId !== clientId || looking.isUnderWay);
}
