import { useIsFocused } from "expo-router";
import { useEffect, useState } from "react";
import { AppState } from "react-native";
import type { LatLon } from "../geo/position";
import { useNow } from "../time/useNow";
import { deviceLocation } from "./device";
import { hereOf, type Known } from "./here";

/**
 * Where the person is, as far as that is known without asking a sensor or for permission; for "400 m from here". Asked for again
 * as time passes and when the app comes to the front; what is older than a moment is not "here" any more.
 */
export function useHere(): LatLon | null {
  const [known, setKnown] = useState<Known | null>(null);
  const [wakes, setWakes] = useState(0);
  const isFocused = useIsFocused();
  const now = useNow();
  useEffect(() => {
    const subscription = AppState.addEventListener("change", (state) => state === "active" && setWakes((times) => times + 1));
    return () => subscription.remove();
  }, []);
  useEffect(() => {
    if (!isFocused) return;
    let live = true;
    deviceLocation.lastKnown().then(
      (fix) => {
        if (!live) return;
        setKnown((before) => (fix ? { latitude: fix.latitude, longitude: fix.longitude, measuredAt: fix.measuredAt } : before && hereOf(before, Date.now()) && before));
      },
      () => undefined,
    );
    return () => {
      live = false;
    };
  }, [isFocused, now, wakes]);
  return hereOf(known, now);
}
