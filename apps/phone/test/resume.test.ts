import { expect, it } from "@jest/globals";
import type { Call, Core, Place } from "../core/src/core";
import { remaining, resumeSearches } from "../src/capture/resume";
import { FIRST_FIX_MS } from "../src/location/refine";
import { FakeClock, FakeSource, fix } from "./location";

const NOW = 1_700_000_000_000;
const place = (change: Partial<Place>) => ({ state: { is: "waitingForPosition" }, capturedAt: new Date(NOW - 5_000).toISOString(), ...change }) as Place;

/** Goes on with these places, and notes what the core is asked and what is told. */
function begin(places: Place[]) {
  const [calls, told]: [Call[], [string | null, string | null][]] = [[], []];
  const perform = async (call: Call) => {
    calls.push(call);
    return { outcome: "placed" };
  };
  const [clock, source] = [new FakeClock(), new FakeSource()];
  const done = resumeSearches({ core: { perform } as unknown as Pick<Core, "perform">, source, now: () => NOW, clock }, places, ({ clientId }, problem) => told.push([clientId, problem]));
  return { calls, told, clock, source, done };
}

it("a place that waited when the app was ended gets its position when it is opened again", async () => {
  const { calls, told, source, done } = begin([place({ clientId: "one" })]);
  source.say(fix({ accuracy: 4 }));
  await done;
  expect(calls).toEqual([{ call: "fix", clientId: "one", position: { latitude: 47.3769, longitude: 8.5417, accuracy: 4, altitude: null } }]);
  expect(told).toEqual([["one", null]]);
});

it("it is looked for only as long as the capture would have been, and then said to be missing", async () => {
  expect(remaining(place({}), NOW)).toBe(FIRST_FIX_MS - 5_000);
  const { told, clock, source, done } = begin([place({ clientId: "two" })]);
  clock.pass(FIRST_FIX_MS - 5_000);
  await done;
  expect(told).toEqual([["two", "timeout"]]);
  expect(source.watchers).toBe(0);
});

it("where one was long ago is not looked for, nor what is looked for already or needs none", async () => {
  const old = new Date(NOW - FIRST_FIX_MS).toISOString();
  const { told, source, done } = begin([
    place({ clientId: "three", capturedAt: old }),
    // Begun in the first test: this window is at it.
    place({ clientId: "one" }),
    place({ clientId: "four", state: { is: "needsPosition" } }),
    place({ clientId: null }),
  ]);
  await done;
  expect(told).toEqual([["three", "timeout"]]);
  expect(source.watchers).toBe(0);
});
