import { useIsFocused } from "expo-router";
import { useEffect, useState } from "react";
import type { LatLon } from "../geo/position";
import { deviceLocation } from "./device";

/** Where the person was last, as far as that is known without asking a sensor or for permission; for "400 m from here". */
export function useHere(): LatLon | null {
  const [here, setHere] = useState<LatLon | null>(null);
  const isFocused = useIsFocused();
  useEffect(() => {
    if (!isFocused) return;
    let live = true;
    deviceLocation.lastKnown().then(
      (fix) => live && fix && setHere({ latitude: fix.latitude, longitude: fix.longitude }),
      () => undefined,
    );
    return () => {
      live = false;
    };
  }, [isFocused]);
  return here;
}
