import { describe, expect, it } from "@jest/globals";
import { type Call, type Core, CoreError, failure, type Place, type StoreKey } from "../core/src/core";
import { captureHere, type News } from "../src/capture/capture";
import { FIRST_FIX_MS, REFINE_MS } from "../src/location/refine";
import { place as captured } from "./core";
import { FakeClock, FakeSource, fix } from "./location";

const NOW = 1_700_000_000_000;
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** Notes what is asked, and answers as the core would of one place. Fixes are judged by their accuracy alone. */
function bench() {
  const calls: Call[] = [];
  let place: Place | null = null;
  let broken: CoreError | null = null;
  const stores: (StoreKey | undefined)[] = [];
  const shown: { store: StoreKey | undefined } = { store: "ada" };
  const perform = async (call: Call, store?: StoreKey): Promise<unknown> => {
    calls.push(call);
    stores.push(store);
    if (broken) throw broken;
    switch (call.call) {
      case "capture":
        place = captured({ key: "local-1", name: null, position: (call.position as Place["position"]) ?? null });
        return { place, new: true };
      case "fix": {
        const before = place?.position?.accuracy ?? Number.POSITIVE_INFINITY;
        if ((call.position.accuracy ?? Number.POSITIVE_INFINITY) >= before) return { outcome: "notBetter", place };
        const outcome = place?.position ? "improved" : "placed";
        place = { ...(place as Place), position: call.position };
        return { outcome, place };
      }
      case "undoCapture":
        return { outcome: "vanished", place: null };
      default:
        throw new Error(`not expected: ${call.call}`);
    }
  };
  const clock = new FakeClock();
  const source = new FakeSource();
  const told: News[] = [];
  const time = { now: NOW };
  const core = { perform } as Pick<Core, "perform">;
  const begin = () => captureHere({ core, shown: () => shown.store, source, now: () => time.now, clock }, (news) => told.push(news));
  return { pass: (ms: number) => (time.now += ms), calls, stores, shown, clock, source, told, begin, breakWith: (error: CoreError | null) => (broken = error) };
}

const names = (told: News[]) => told.map(({ is }) => is);

describe("Save here", () => {
  it("saves with the last known fix where that is fresh and accurate", async () => {
    const { source, calls, told, begin } = bench();
    source.last = Promise.resolve(fix({ accuracy: 8, measuredAt: NOW - 2_000 }));
    const { clientId } = begin();
    await settle();
    expect(calls[0]).toMatchObject({ call: "capture", clientId, position: { accuracy: 8 }, capturedAt: new Date(NOW).toISOString() });
    expect(told[0]).toMatchObject({ is: "saved", isWaiting: false });
  });

  it("saves without a position before a sensor has answered, and says until when one is expected", async () => {
    const { source, calls, told, clock, begin } = bench();
    source.last = new Promise(() => undefined);
    begin();
    await settle();
    expect(calls).toEqual([]);
    clock.pass(150);
    await settle();
    expect(calls[0]).toMatchObject({ call: "capture", waitUntil: new Date(NOW + FIRST_FIX_MS).toISOString() });
    expect(calls[0]).not.toHaveProperty("position");
    expect(told[0]).toMatchObject({ is: "saved", isWaiting: true });
  });

  it("stays with the account that was open at the tap, and is another place under another one", async () => {
    const { source, calls, stores, shown, told, begin, breakWith } = bench();
    source.last = Promise.resolve(fix({ accuracy: 8, measuredAt: NOW - 2_000 }));
    breakWith(new CoreError(failure("unavailable")));
    begin();
    await settle();
    shown.store = "bob";
    const again = () => {
      const failed = told.at(-1);
      if (failed?.is !== "failed") throw new Error("it did not fail");
      void failed.retry();
    };
    breakWith(new CoreError(failure("other_account")));
    again();
    await settle();
    expect(stores).toEqual(["ada", "ada"]);
    breakWith(null);
    again();
    await settle();
    expect(stores.slice(0, 3)).toEqual(["ada", "ada", "bob"]);
    const ids = calls.slice(0, 3).map((call) => call.call === "capture" && call.clientId);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it("tried again much later is not placed where the person is then", async () => {
    const { source, calls, told, begin, breakWith, pass } = bench();
    source.last = Promise.resolve(null);
    breakWith(new CoreError(failure("storage_full")));
    begin();
    await settle();
    breakWith(null);
    pass(FIRST_FIX_MS + 1);
    source.last = Promise.resolve(fix({ accuracy: 8, measuredAt: NOW + FIRST_FIX_MS }));
    const failed = told.at(-1);
    if (failed?.is !== "failed") throw new Error("it did not fail");
    await failed.retry();
    expect(calls).toHaveLength(2);
    expect(calls[1]).not.toHaveProperty("position");
    expect(calls[1]).toMatchObject({ waitUntil: new Date(NOW + FIRST_FIX_MS + 1).toISOString(), capturedAt: new Date(NOW).toISOString() });
    expect(told.slice(-2)).toMatchObject([{ is: "saved", isWaiting: false }, { is: "noPosition" }]);
    expect(source.watchers).toBe(0);
  });

  it("says nothing of saved before the core has answered", async () => {
    const { told, begin } = bench();
    begin();
    expect(told).toEqual([]);
    await settle();
    expect(names(told)).toEqual(["saved"]);
  });

  it("gives the core each better fix, in their order", async () => {
    const { source, told, calls, clock, begin } = bench();
    const { done } = begin();
    await settle();
    for (const accuracy of [70, 90, 20]) source.say(fix({ accuracy }));
    await settle();
    clock.pass(REFINE_MS);
    await done;
    expect(calls.filter(({ call }) => call === "fix").map((call) => call.call === "fix" && call.position.accuracy)).toEqual([70, 20]);
    expect(names(told)).toEqual(["saved", "placed", "improved"]);
  });

  it("waits for nothing where the person has refused it, and does not say that it looks", async () => {
    const { source, told, calls, begin } = bench();
    source.isRefused = Promise.resolve(true);
    source.problemAtOnce = "denied";
    await begin().done;
    expect(calls[0]).toMatchObject({ call: "capture", waitUntil: new Date(NOW).toISOString() });
    expect(told).toMatchObject([{ is: "saved", isWaiting: false }, { is: "noPosition", problem: "denied" }]);
  });

  it("does not wait for an answer about the permission either", async () => {
    const { source, told, clock, begin } = bench();
    source.isRefused = new Promise(() => undefined);
    begin();
    await settle();
    clock.pass(150);
    await settle();
    expect(told[0]).toMatchObject({ is: "saved", isWaiting: true });
  });

  it.each(["denied", "unavailable"] as const)("says when no position came because it is %s", async (problem) => {
    const { source, told, clock, begin } = bench();
    const { done } = begin();
    await settle();
    source.fail(problem);
    clock.pass(FIRST_FIX_MS);
    await done;
    expect(told.at(-1)).toEqual({ is: "noPosition", problem });
  });

  it("says no problem of the search where the place has a position", async () => {
    const { source, told, clock, begin } = bench();
    source.last = Promise.resolve(fix({ accuracy: 40, measuredAt: NOW }));
    const { done } = begin();
    await settle();
    source.fail("unavailable");
    clock.pass(FIRST_FIX_MS);
    await done;
    expect(names(told)).toEqual(["saved"]);
  });

  it("says that it is not saved, and tries again under the same id", async () => {
    const { told, calls, breakWith, begin } = bench();
    breakWith(new CoreError(failure("storage_full")));
    const { clientId } = begin();
    await settle();
    const failed = told[0];
    expect(failed).toMatchObject({ is: "failed", failure: { code: "storage_full" } });
    breakWith(null);
    if (failed?.is === "failed") void failed.retry();
    await settle();
    expect(told.at(-1)?.is).toBe("saved");
    expect(calls.map((call) => call.call === "capture" && call.clientId)).toEqual([clientId, clientId]);
  });

  it("ends the search when it is undone, and hears nothing more", async () => {
    const { source, told, calls, clock, begin } = bench();
    const capture = begin();
    await settle();
    expect(await capture.undo()).toBe("vanished");
    source.say(fix({ accuracy: 3 }));
    clock.pass(FIRST_FIX_MS);
    await capture.done;
    expect(names(told)).toEqual(["saved"]);
    expect(calls.map(({ call }) => call)).toEqual(["capture", "undoCapture"]);
    expect(source.watchers).toBe(0);
  });

  it("says what the person saw when it is undone, and goes on where something was typed there since", async () => {
    const { source, calls, breakWith, begin } = bench();
    const capture = begin();
    await settle();
    breakWith(new CoreError(failure("changed_since")));
    expect(await capture.undo()).toBe("changed");
    expect(source.watchers).toBe(1);
    expect(calls.at(-1)).toMatchObject({ call: "undoCapture", seen: { name: null, note: null, category: null, tags: [] } });
    breakWith(null);
    expect(await capture.undo()).toBe("vanished");
  });

  it("goes on where an undo fails, for whatever reason, and can be undone again", async () => {
    const { source, told, breakWith, begin } = bench();
    const capture = begin();
    await settle();
    for (const code of ["unavailable", "storage_full"] as const) {
      breakWith(new CoreError(failure(code)));
      expect(await capture.undo()).toBeNull();
    }
    breakWith(null);
    // The search goes on, once.
    expect(source.watchers).toBe(1);
    source.say(fix({ accuracy: 20 }));
    await settle();
    expect(names(told)).toEqual(["saved", "placed"]);
    expect(await capture.undo()).toBe("vanished");
    expect(source.watchers).toBe(0);
  });

  it("makes an id of its own for each tap", () => {
    const { begin } = bench();
    const [one, other] = [begin().clientId, begin().clientId];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
