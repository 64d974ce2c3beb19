// The browser's own interface rather than expo-location's wrapping of it: it keeps the reasons apart, takes a cached fix
// without waiting for a sensor, and asks for permission by being used.

import type { Fix, LocationProblem } from "./fix";
import { FRESH_MS } from "./fix";
import type { LocationSource } from "./refine";

const toFix = ({ coords, timestamp }: GeolocationPosition): Fix => ({
  latitude: coords.latitude,
  longitude: coords.longitude,
  accuracy: coords.accuracy,
  altitude: coords.altitude,
  measuredAt: timestamp,
});

const problemOf = ({ code }: GeolocationPositionError): LocationProblem =>
  code === 1 ? "denied" : code === 2 ? "unavailable" : "timeout";

/** What the person has said about it so far; null where the browser does not tell. */
async function permission(): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: "geolocation" });
  } catch {
    return null;
  }
}

/** Tells that the person is being asked, and when they have answered, until the returned function is called. */
function watchQuestion(onAsking: (isAsked: boolean) => void): () => void {
  const over = new AbortController();
  void permission().then((status) => {
    if (over.signal.aborted || status?.state !== "prompt") return;
    onAsking(true);
    status.addEventListener("change", () => onAsking(status.state === "prompt"), { signal: over.signal });
  });
  return () => over.abort();
}

export const sensor: LocationSource = {
  async lastKnown() {
    if (!("geolocation" in navigator) || (await permission())?.state !== "granted") return null;
    return new Promise((resolve) => {
      navigator.geolocation.getCurrentPosition(
        (position) => resolve(toFix(position)),
        () => resolve(null),
        { maximumAge: FRESH_MS, timeout: 0 },
      );
    });
  },
  isDenied: async () => (await permission())?.state === "denied",
  willAsk: async () => (await permission())?.state === "prompt",
  watch(onFix, onProblem, onAsking) {
    if (!("geolocation" in navigator)) {
      onProblem("unavailable");
      return () => undefined;
    }
    const endQuestion = onAsking ? watchQuestion(onAsking) : () => undefined;
    const id = navigator.geolocation.watchPosition(
      (position) => onFix(toFix(position)),
      (error) => onProblem(problemOf(error)),
      { enableHighAccuracy: true, maximumAge: 0 },
    );
    return () => {
      endQuestion();
      navigator.geolocation.clearWatch(id);
    };
  },
};
