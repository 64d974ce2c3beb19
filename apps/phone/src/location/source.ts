// iOS and Android, through expo-location. The browser has its own: source.web.ts.

import * as Location from "expo-location";
import type { Fix } from "./fix";
import { FRESH_MS } from "./fix";
import type { LocationSource } from "./refine";

const toFix = ({ coords, timestamp }: Location.LocationObject): Fix => ({
  latitude: coords.latitude,
  longitude: coords.longitude,
  accuracy: coords.accuracy,
  altitude: coords.altitude,
  measuredAt: timestamp,
});

export const sensor: LocationSource = {
  async lastKnown() {
    const { granted } = await Location.getForegroundPermissionsAsync();
    if (!granted) return null;
    const known = await Location.getLastKnownPositionAsync({ maxAge: FRESH_MS });
    return known && toFix(known);
  },
  async isDenied() {
    const { granted, canAskAgain } = await Location.getForegroundPermissionsAsync();
    return !granted && !canAskAgain;
  },
  async willAsk() {
    const { status } = await Location.getForegroundPermissionsAsync();
    return status === Location.PermissionStatus.UNDETERMINED;
  },
  watch(onFix, onProblem, onAsking) {
    let stopped = false;
    let subscription: Location.LocationSubscription | undefined;
    const start = async () => {
      const isAsked = await sensor.willAsk();
      if (stopped) return;
      if (isAsked) onAsking?.(true);
      const { granted } = await Location.requestForegroundPermissionsAsync();
      if (stopped) return;
      if (!granted) return onProblem("denied");
      if (isAsked) onAsking?.(false);
      if (!(await Location.hasServicesEnabledAsync())) onProblem("unavailable");
      if (stopped) return;
      const started = await Location.watchPositionAsync(
        { accuracy: Location.Accuracy.BestForNavigation, distanceInterval: 0, timeInterval: 500 },
        (position) => onFix(toFix(position)),
        () => onProblem("unavailable"),
      );
      if (stopped) started.remove();
      else subscription = started;
    };
    start().catch(() => onProblem("unavailable"));
    return () => {
      stopped = true;
      subscription?.remove();
    };
  },
};
