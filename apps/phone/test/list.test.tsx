import { beforeEach, expect, it, jest } from "@jest/globals";
import { renderHook } from "@testing-library/react-native";
import { type CallNamed, CoreError, failure, type List, type Page } from "../core/src/core";
import { useAll, useList } from "../src/places/useList";
import { after, appOver } from "./app";
import { FakeCore, later, place } from "./core";

beforeEach(() => {
  jest.useFakeTimers();
});

type Asked = CallNamed<"list">;

/** One page with places of these names. */
const named = (...names: string[]): Page => ({ places: names.map((name) => place({ key: name, name })), next: null }) as Page;

/** So many places, in pages of what is asked for. */
const many =
  (count: () => number) =>
  ({ limit, after }: Asked): Page => {
    const from = Number(after ?? 0);
    const to = Math.min(count(), from + (limit ?? 50));
    return { ...named(...Array.from({ length: to - from }, (_, index) => `${from + index}`)), next: to < count() ? `${to}` : null } as Page;
  };

/** The list of a question, over a core that says `reply`. */
async function listing(query: List, reply: (asked: Asked) => Page | Promise<Page>) {
  const core = new FakeCore({ list: reply });
  const hook = renderHook((query: List) => useList(query), { wrapper: appOver(core), initialProps: query });
  await after();
  const list = () => hook.result.current;
  const names = () => list().items?.map(({ name }) => name);
  const loadMore = () => after(() => list().loadMore());
  return { core, hook, list, names, loadMore };
}

it("keeps its rows, and says which question they answer, until the next one is answered", async () => {
  const next = later<Page>();
  const { hook, list, names } = await listing({ text: "spring" }, ({ text }) => (text === "spring" ? named("Spring") : next.answer));
  await after(() => hook.rerender({ text: "well" }));
  expect([names(), list().query]).toEqual([["Spring"], { text: "spring" }]);
  await after(() => next.give(named("Well")));
  expect([names(), list().query]).toEqual([["Well"], { text: "well" }]);
});

it("does not show a late answer to the question before", async () => {
  const former = later<Page>();
  const { hook, names } = await listing({ text: "spring" }, ({ text }) => (text === "spring" ? former.answer : named("Well")));
  await after(() => hook.rerender({ text: "well" }));
  await after(() => former.give(named("Spring")));
  expect(names()).toEqual(["Well"]);
});

it("offers no further page of an answer that is not to this question", async () => {
  const { hook, list, core, loadMore } = await listing({ text: "spring" }, (asked) => (asked.text === "spring" ? many(() => 120)(asked) : later<Page>().answer));
  expect(list().hasMore).toBe(true);
  await after(() => hook.rerender({ text: "well" }));
  expect(list().hasMore).toBe(false);
  await loadMore();
  expect(core.asked("list").filter(({ text }) => text === "well")).toHaveLength(1);
});

it("loads page after page until there are no more, however often it is told to within one moment", async () => {
  const { list, loadMore } = await listing({}, many(() => 120));
  const stands = () => [list().items?.length, list().hasMore];
  expect(stands()).toEqual([50, true]);
  await after(() => {
    list().loadMore();
    list().loadMore();
  });
  expect(stands()).toEqual([100, true]);
  await loadMore();
  expect(stands()).toEqual([120, false]);
});

it("begins with one page again for another question", async () => {
  const { hook, list, loadMore } = await listing({}, many(() => 120));
  await loadMore();
  await after(() => hook.rerender({ text: "well" }));
  expect(list().items).toHaveLength(50);
});

it("has as much after a change as was loaded before it, and what is new", async () => {
  let count = 120;
  const { core, list, names, loadMore } = await listing({}, (asked) => many(() => count)(asked));
  await loadMore();
  count = 121;
  await after(() => core.tell("places"));
  expect(list().items).toHaveLength(100);
  await loadMore();
  expect(names()?.at(-1)).toBe("120");
});

it("is not asked for again where only the device's own standing has changed", async () => {
  const { core } = await listing({}, () => named("Spring"));
  await after(() => core.tell("overview"));
  expect(core.asked("list")).toHaveLength(1);
  await after(() => core.tell("places"));
  expect(core.asked("list")).toHaveLength(2);
});

it("is asked for once more for a burst of changes", async () => {
  const first = later<Page>();
  let isFirst = true;
  const { core, names } = await listing({}, () => {
    if (!isFirst) return named("Well");
    isFirst = false;
    return first.answer;
  });
  await after(() => {
    for (let i = 0; i < 9; i++) core.tell("places");
  });
  expect(core.asked("list")).toHaveLength(1);
  await after(() => first.give(named("Spring")));
  expect([core.asked("list").length, names()]).toEqual([2, ["Well"]]);
});

it("keeps rows and further pages where asking again fails, but not under another account, nor for another question", async () => {
  let broken = false;
  const { core, hook, list, names } = await listing({}, (asked) => {
    if (broken) throw new CoreError(failure("unavailable"));
    return many(() => 60)(asked);
  });
  broken = true;
  await after(() => core.tell("places"));
  expect([names()?.length, list().hasMore, list().failure?.code]).toEqual([50, true, "unavailable"]);
  await after(() => hook.rerender({ text: "well" }));
  expect([names(), list().failure?.code]).toEqual([undefined, "unavailable"]);
  broken = false;
  await after(() => core.tell("places"));
  expect(names()).toHaveLength(50);
  broken = true;
  await after(() => core.tell("account"));
  expect([names(), list().failure?.code]).toEqual([undefined, "unavailable"]);
});

it("all places of a question are there without anybody asking for more", async () => {
  let count = 120;
  const core = new FakeCore({ list: many(() => count) });
  const { result } = renderHook(() => useAll({ state: "needsAttention", trash: true }), { wrapper: appOver(core) });
  for (let pages = 0; pages < 4; pages++) await after();
  expect(result.current?.length).toBe(120);
  count = 230;
  await after(() => core.tell("places"));
  for (let pages = 0; pages < 4; pages++) await after();
  expect(result.current?.length).toBe(230);
});
