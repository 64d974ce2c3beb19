// The native part of expo-location, as a test says it.

import { jest } from "@jest/globals";
import Native from "expo-location/build/ExpoLocation";
import { LocationEventEmitter } from "expo-location/build/LocationEventEmitter";
import type { Fix } from "../src/location/fix";

const native = Native as unknown as Record<string, jest.Mock<(...said: unknown[]) => Promise<unknown>>>;
const watches = new Set<number>();

/** The person has allowed it, or refused it for good; there is no fix so far. */
export function sensorIs(permission: "granted" | "denied"): void {
  const answer = { granted: permission === "granted", canAskAgain: permission === "granted", status: permission };
  watches.clear();
  native.getForegroundPermissionsAsync!.mockResolvedValue(answer);
  native.requestForegroundPermissionsAsync!.mockResolvedValue(answer);
  native.getLastKnownPositionAsync!.mockResolvedValue(null);
  native.hasServicesEnabledAsync!.mockResolvedValue(true);
  native.watchPositionImplAsync!.mockImplementation(async (watch) => void watches.add(watch as number));
  native.removeWatchAsync!.mockImplementation(async (watch) => void watches.delete(watch as number));
}

/** How many watch it. */
export const watched = (): number => watches.size;

/** It has found where the device is. */
export function sensorSays({ measuredAt, ...coords }: Fix): void {
  for (const watchId of watches) LocationEventEmitter.emit("Expo.locationChanged", { watchId, location: { coords, timestamp: measuredAt } });
}
