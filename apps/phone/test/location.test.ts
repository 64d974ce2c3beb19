import { hereOf } from "../src/location/here";
import { describe, expect, it } from "@jest/globals";
import { aged, type Fix, isBetter, isPossible, standsForHere } from "../src/location/fix";
import { ANSWER_MS, FIRST_FIX_MS, type Found, REFINE_MS, refine, soon } from "../src/location/refine";
import { shared } from "../src/location/shared";
import { FakeClock, FakeSource, fix } from "./location";

const NOW = 1_700_000_000_000;

describe("a last known fix", () => {
  it("stands for here while it is fresh and accurate", () => {
    expect(standsForHere(fix({ accuracy: 20, measuredAt: NOW - 9_000 }), NOW)).toBe(true);
  });

  it.each<[string, Partial<Fix>]>([
    ["older than ten seconds", { measuredAt: NOW - 10_001 }],
    ["from a future that a changed clock made", { measuredAt: NOW + 60_000 }],
    ["too uncertain", { accuracy: 51 }],
    ["of unknown accuracy", { accuracy: null }],
    ["not a number", { latitude: Number.NaN }],
    ["outside of the world", { longitude: 181 }],
  ])("does not when it is %s", (_, change) => {
    expect(standsForHere(fix({ accuracy: 10, measuredAt: NOW, ...change }), NOW)).toBe(false);
  });

  it("is none", () => expect(standsForHere(null, NOW)).toBe(false));
});

describe("which fix is better", () => {
  it("is the one with the smaller uncertainty", () => {
    expect(isBetter(fix({ accuracy: 5 }), fix({ accuracy: 10 }))).toBe(true);
    expect(isBetter(fix({ accuracy: 10 }), fix({ accuracy: 10 }))).toBe(false);
    expect(isBetter(fix({ accuracy: 10 }), fix({ accuracy: null }))).toBe(true);
    expect(isBetter(fix({ accuracy: null }), fix({ accuracy: 500 }))).toBe(false);
    expect(isBetter(fix({ accuracy: null }), null)).toBe(true);
  });

  it("a fix that tells only the region is not possible", () => {
    expect(isPossible(fix({ accuracy: 20_000 }))).toBe(false);
    expect(isPossible(fix({ accuracy: -1 }))).toBe(false);
  });
});

describe("refining", () => {
  function begin(best: Fix | null = null) {
    const clock = new FakeClock();
    const source = new FakeSource();
    const heard: (number | null)[] = [];
    const search = refine(source, ({ accuracy }) => heard.push(accuracy), { clock, best });
    let result: Found | undefined;
    void search.done.then((found) => {
      result = found;
    });
    return { clock, source, heard, search, result: async () => (await Promise.resolve(), await Promise.resolve(), result) };
  }

  it("does not follow whoever moves on after the tap", () => {
    const { source, heard } = begin(fix({ accuracy: 14 }));
    // A kilometre further: exact, and another place.
    source.say(fix({ latitude: fix({}).latitude + 0.01, accuracy: 6 }));
    source.say(fix({ latitude: fix({}).latitude + 0.0002, accuracy: 8 }));
    expect(heard).toEqual([8]);
  });

  it("lets a poor first fix be mended from as far away as it is wide", () => {
    const { source, heard } = begin();
    source.say(fix({ accuracy: 900 }));
    source.say(fix({ latitude: fix({}).latitude + 0.01, accuracy: 10 }));
    expect(heard).toEqual([900, 10]);
  });

  it("tells a poor fix first and better ones then, and nothing worse", async () => {
    const { clock, source, heard, result } = begin();
    for (const accuracy of [80, 120, 30, 30, 12]) source.say(fix({ accuracy }));
    expect(heard).toEqual([80, 30, 12]);
    expect(await result()).toBeUndefined();
    clock.pass(REFINE_MS);
    expect((await result())?.fix?.accuracy).toBe(12);
    expect(source.watchers).toBe(0);
  });

  it("ends at once with a fix that is good enough", async () => {
    const { source, result, clock } = begin();
    source.say(fix({ accuracy: 4 }));
    expect((await result())?.fix?.accuracy).toBe(4);
    expect([source.watchers, clock.waiting]).toEqual([0, 0]);
  });

  it("waits longer for a first fix, and takes one that comes late as the last", async () => {
    const { clock, source, heard, result } = begin();
    clock.pass(REFINE_MS + 1);
    expect(await result()).toBeUndefined();
    source.say(fix({ accuracy: 40 }));
    expect(heard).toEqual([40]);
    expect((await result())?.fix?.accuracy).toBe(40);
  });

  it("says that it took too long when a sensor never answers", async () => {
    const { clock, source, result } = begin();
    clock.pass(FIRST_FIX_MS);
    expect(await result()).toEqual({ fix: null, problem: "timeout" });
    expect(source.watchers).toBe(0);
  });

  it("ends at once when it is not allowed", async () => {
    const { source, result } = begin();
    source.fail("denied");
    expect(await result()).toEqual({ fix: null, problem: "denied" });
  });

  it("keeps a fix that came before the permission was taken away", async () => {
    const { source, result } = begin();
    source.say(fix({ accuracy: 60 }));
    source.fail("denied");
    expect((await result())?.fix?.accuracy).toBe(60);
  });

  it("goes on after a sensor says that there is no position, and tells so if none comes", async () => {
    const { clock, source, heard, result } = begin();
    source.fail("unavailable");
    expect(await result()).toBeUndefined();
    source.say(fix({ accuracy: 25 }));
    expect(heard).toEqual([25]);
    const other = begin();
    other.source.fail("unavailable");
    other.clock.pass(FIRST_FIX_MS);
    expect(await other.result()).toEqual({ fix: null, problem: "unavailable" });
    clock.pass(REFINE_MS);
  });

  it("begins from the fix that the capture was made with", () => {
    const { source, heard } = begin(fix({ accuracy: 30 }));
    source.say(fix({ accuracy: 45 }));
    source.say(fix({ accuracy: 10 }));
    expect(heard).toEqual([10]);
  });

  it("counts no time while the person is asked for permission", async () => {
    const { clock, source, heard, result } = begin();
    source.ask(true);
    clock.pass(ANSWER_MS - 1);
    expect(await result()).toBeUndefined();
    source.ask(false);
    clock.pass(FIRST_FIX_MS - 1);
    expect(await result()).toBeUndefined();
    source.say(fix({ accuracy: 40 }));
    expect(heard).toEqual([40]);
    expect((await result())?.fix?.accuracy).toBe(40);
    expect(clock.waiting).toBe(0);
  });

  it("takes a fix for the answer where the platform tells of none, and refines it as long as any", async () => {
    const { clock, source, heard, result } = begin();
    source.ask(true);
    clock.pass(30_000);
    for (const accuracy of [80, 12]) source.say(fix({ accuracy }));
    expect(heard).toEqual([80, 12]);
    expect(await result()).toBeUndefined();
    clock.pass(REFINE_MS);
    expect((await result())?.fix?.accuracy).toBe(12);
  });

  it("does not wait for ever for an answer", async () => {
    const { clock, source, result } = begin();
    source.ask(true);
    clock.pass(ANSWER_MS);
    expect(await result()).toEqual({ fix: null, problem: "timeout" });
    expect([source.watchers, clock.waiting]).toEqual([0, 0]);
  });

  it("can be stopped, and hears nothing afterwards", async () => {
    const { source, search, heard, result } = begin();
    const { say } = source.held();
    search.stop();
    say(fix({ accuracy: 5 }));
    expect(heard).toEqual([]);
    expect(await result()).toEqual({ fix: null, problem: "timeout" });
  });

  it("takes a source that answers before it has begun", async () => {
    const clock = new FakeClock();
    const source = new FakeSource();
    source.problemAtOnce = "denied";
    const { done } = refine(source, () => undefined, { clock });
    expect(await done).toEqual({ fix: null, problem: "denied" });
    expect([source.watchers, clock.waiting]).toEqual([0, 0]);
  });
});

describe("the last known fix", () => {
  it("is not waited for longer than said", async () => {
    const clock = new FakeClock();
    const source = new FakeSource();
    source.last = new Promise(() => undefined);
    const waited = soon(source, 150, clock);
    clock.pass(150);
    expect(await waited).toBeNull();
  });

  it("is none where the source fails", async () => {
    const source = new FakeSource();
    source.last = Promise.reject(new Error("no permission"));
    expect(await soon(source, 150, new FakeClock())).toBeNull();
  });
});

describe("one watch for all", () => {
  function begin() {
    let time = NOW;
    const source = new FakeSource();
    const clock = new FakeClock();
    const one = shared(source, () => time, clock);
    const heard: (number | null)[] = [];
    const watch = () => one.watch(({ accuracy }) => heard.push(accuracy), () => undefined);
    return { source, clock, one, heard, watch, later: (ms: number) => (time += ms), now: () => time };
  }

  it("watches the sensor once, until the last one has ended", () => {
    const { source, watch } = begin();
    const [first, second] = [watch(), watch()];
    expect(source.watchers).toBe(1);
    first();
    expect(source.watchers).toBe(1);
    second();
    expect(source.watchers).toBe(0);
    watch();
    expect(source.watchers).toBe(1);
  });

  it("hands on what was heard a moment ago, as uncertain as it has become, and when it was measured", async () => {
    const { source, one, heard, watch, later, now } = begin();
    watch();
    source.say(fix({ accuracy: 8, measuredAt: now() }));
    later(1_000);
    watch();
    expect(heard).toEqual([8, 9.4]);
    expect(await one.lastKnown()).toMatchObject({ accuracy: 9.4, measuredAt: NOW });
    expect(standsForHere(await one.lastKnown(), now())).toBe(true);
  });

  it("hands on nothing that is old, also where the sensor has nothing new", async () => {
    const { source, one, heard, watch, later } = begin();
    watch();
    source.say(fix({ measuredAt: NOW }));
    later(10_001);
    watch();
    expect(heard).toEqual([10]);
    expect(await one.lastKnown()).toBeNull();
  });

  it("asks the sensor itself where nobody watches, and takes the newer of both", async () => {
    const { source, clock, one, watch, later, now } = begin();
    const end = watch();
    source.say(fix({ accuracy: 8, measuredAt: now() }));
    end();
    later(2_000);
    source.last = Promise.resolve(fix({ accuracy: 20, measuredAt: now() }));
    expect(await one.lastKnown()).toMatchObject({ accuracy: 20 });
    // A sensor that never answers.
    source.last = new Promise(() => undefined);
    const known = one.lastKnown();
    clock.pass(150);
    expect((await known)?.accuracy).toBeCloseTo(10.8);
  });

  it("tells a problem to all, and one who ends while listening is not called again", () => {
    const { source, one } = begin();
    const problems: string[] = [];
    const ends: (() => void)[] = [];
    for (const name of ["a", "b"]) {
      ends.push(one.watch(() => undefined, () => {
        problems.push(name);
        ends[0]?.();
      }));
    }
    source.fail("unavailable");
    source.fail("unavailable");
    expect(problems).toEqual(["a", "b", "b"]);
  });

  it("is ended by a source that refuses at once", () => {
    const { source, one } = begin();
    source.problemAtOnce = "denied";
    const { done } = refine(one, () => undefined, { clock: new FakeClock() });
    expect(source.watchers).toBe(0);
    return expect(done).resolves.toEqual({ fix: null, problem: "denied" });
  });

  it("a fix grows uncertain with a walker's pace, and one of unknown accuracy stays so", () => {
    expect(aged(fix({ accuracy: 5, measuredAt: NOW }), NOW + 5_000).accuracy).toBe(12);
    expect(aged(fix({ accuracy: null }), NOW).accuracy).toBeNull();
    expect(aged(fix({ accuracy: 5, measuredAt: NOW + 500 }), NOW).accuracy).toBe(5);
  });
});

it("where the person was more than two minutes ago is not here", () => {
  const known = { latitude: 47, longitude: 8, measuredAt: 1_000_000 };
  expect(hereOf(known, known.measuredAt + 119_000)).toBe(known);
  expect(hereOf(known, known.measuredAt + 121_000)).toBeNull();
  expect(hereOf(null, 0)).toBeNull();
});
