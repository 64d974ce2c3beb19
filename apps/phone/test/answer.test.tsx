import { beforeEach, expect, it, jest } from "@jest/globals";
import { renderHook } from "@testing-library/react-native";
import { CoreError, failure, type PlacePage } from "../core/src/core";
import { useAnswer } from "../src/core";
import { after, appOver } from "./app";
import { FakeCore, later, place } from "./core";

beforeEach(() => {
  jest.useFakeTimers();
});

const page = (name: string) => ({ place: place({ name }), journal: [] }) as unknown as PlacePage;

/** The answer to the question for a place, over a core that says `reply`; `time` counts the questions from 0. */
async function asking(reply: (key: string, time: number) => PlacePage | Promise<PlacePage>) {
  let time = 0;
  const core = new FakeCore({ place: ({ key }) => reply(key, time++) });
  const hook = renderHook(({ key }: { key: string | null }) => useAnswer(key === null ? null : { call: "place", key }), { wrapper: appOver(core), initialProps: { key: "ada-1" } });
  await after();
  const name = () => hook.result.current.data?.place.name;
  return { core, hook, name, code: () => hook.result.current.failure?.code };
}

it("is asked for again whenever something may have changed", async () => {
  let known = "Spring";
  const { core, name } = await asking(() => page(known));
  expect(name()).toBe("Spring");
  known = "Well";
  await after(() => core.tell("places"));
  expect(name()).toBe("Well");
});

it("is dropped when what it was about is gone", async () => {
  let gone = false;
  const { core, name, code } = await asking(() => {
    if (gone) throw new CoreError(failure("no_such_place"));
    return page("Spring");
  });
  gone = true;
  await after(() => core.tell("places"));
  expect([name(), code()]).toEqual([undefined, "no_such_place"]);
});

it("stays, with the reason, where asking again fails otherwise, and is the newest once that works", async () => {
  let reply: () => PlacePage = () => page("Spring");
  const { core, name, code } = await asking(() => reply());
  reply = () => {
    throw new CoreError(failure("unavailable"));
  };
  await after(() => core.tell("places"));
  expect([name(), code()]).toEqual(["Spring", "unavailable"]);
  reply = () => page("Well");
  await after(() => core.tell("places"));
  expect([name(), code()]).toEqual(["Well", undefined]);
});

it("does not outlive its account, whatever the failure", async () => {
  let broken = false;
  const { core, name, code } = await asking(() => {
    if (broken) throw new CoreError(failure("unavailable"));
    return page("Spring");
  });
  broken = true;
  await after(() => core.tell("account"));
  expect([name(), code()]).toEqual([undefined, "unavailable"]);
});

it("is asked for once more for a burst of changes, and is not older than the last of them", async () => {
  const replies = [later<PlacePage>(), later<PlacePage>()];
  const { core, name } = await asking((_, time) => replies[time]!.answer);
  await after(() => {
    for (let i = 0; i < 9; i++) core.tell("places");
  });
  expect(core.asked("place")).toHaveLength(1);
  await after(() => replies[0]!.give(page("Spring")));
  expect([core.asked("place").length, name()]).toEqual([2, "Spring"]);
  await after(() => replies[1]!.give(page("Well")));
  expect([core.asked("place").length, name()]).toEqual([2, "Well"]);
});

it("to another question begins anew, and one that comes late to the former is not shown", async () => {
  const former = later<PlacePage>();
  const { core, hook, name } = await asking((key, time) => (time === 1 ? former.answer : page(key)));
  expect(name()).toBe("ada-1");
  await after(() => core.tell("places"));
  hook.rerender({ key: "ada-2" });
  expect(name()).toBeUndefined();
  await after();
  expect(name()).toBe("ada-2");
  await after(() => former.give(page("late")));
  expect(name()).toBe("ada-2");
});

it("is not asked for where there is no question, or nobody who looks", async () => {
  const { core, hook } = await asking(() => page("Spring"));
  await after(() => hook.rerender({ key: null }));
  await after(() => core.tell("places"));
  expect(core.asked("place")).toHaveLength(1);
  await after(() => hook.rerender({ key: "ada-1" }));
  hook.unmount();
  await after(() => core.tell("places"));
  expect([core.asked("place").length, core.listeners]).toEqual([2, 0]);
});
