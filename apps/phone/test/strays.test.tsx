// What was typed stays with its place where that gets another key, and is shown where there is no place any more.

import { beforeEach, expect, it } from "@jest/globals";
import { fireEvent, renderRouter, screen } from "expo-router/testing-library";
import { type CallNamed, CoreError, failure, type Overview, type Place, type PlacePage } from "../core/src/core";
import { carried, carryDrafts, isAllTakenIn } from "../src/places/carry";
import { type KeptDraft, dropDraftsOf, keepDraft, keptFor, readDraft } from "../src/places/drafts";
import { draftOf } from "../src/places/form";
import { StrayText } from "../src/places/Stuck";
import { straysOf } from "../src/places/strays";
import { useKeptDraft } from "../src/places/useKeptDraft";
import { useStrays } from "../src/places/useStrays";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore, later, place } from "./core";
import { overview } from "./overview";

beforeEach(async () => {
  for (const store of ["ada", "local"]) await dropDraftsOf(store);
});

const typed = (shown: Place, note: string): KeptDraft => ({ draft: { ...draftOf(shown), note }, shown });
const keep = (shown: Place, note: string) => keepDraft(shown.key, typed(shown, note));
const local = (change: Partial<Place> = {}) => place({ key: "local-7", ...change });

/** The account's places, two to a page; those in the trash are listed by themselves. */
const listing =
  (...places: Place[]) =>
  ({ trash, after }: CallNamed<"list">) => {
    const all = places.filter(({ deletedAt }) => (deletedAt !== null) === trash);
    const from = Number(after ?? 0);
    return { places: all.slice(from, from + 2), next: from + 2 < all.length ? `${from + 2}` : null } as never;
  };
const others = ["c7", "c8", "c9"].map((clientId, index) => place({ key: `ada-${index + 7}`, clientId }));

it("goes with a place that is taken into an account, on whichever page of it that is", async () => {
  await keep(local(), "By the hut");
  const core = new FakeCore({ list: listing(...others, place({ key: "ada-1", version: 1 })) });
  await carryDrafts(core, "ada");
  expect(await readDraft("local-7")).toBeUndefined();
  const kept = keptFor(place({ key: "ada-1", version: 1 }), await readDraft("ada-1"));
  expect([kept?.draft.note, kept?.shown.note]).toEqual(["By the hut", null]);
});

it("goes with one that the account has in its trash", async () => {
  await keep(local(), "By the hut");
  const deleted = place({ key: "ada-1", deletedAt: "2026-11-05T10:00:00Z" });
  await carryDrafts(new FakeCore({ list: listing(deleted) }), "ada");
  expect(keptFor(deleted, await readDraft("ada-1"))?.draft.note).toBe("By the hut");
});

it("takes the place of nothing that is typed in the account, and is shown beside it", async () => {
  await keep(local(), "By the hut");
  await keep(place(), "Dry");
  const core = new FakeCore({ list: listing(place()), place: () => ({ place: place() }) as never });
  await carryDrafts(core, "ada");
  expect(keptFor(place(), await readDraft("ada-1"))?.draft.note).toBe("Dry");
  expect((await straysOf(core, "ada", true)).map(({ key, typed }) => [key, typed])).toEqual([["local-7", "By the hut"]]);
});

it("stays where it was while another account is open by then, or the core can't answer", async () => {
  await keep(local(), "By the hut");
  await carryDrafts(new FakeCore({ list: listing(place({ key: "bob-1" })) }), "ada");
  const broken = new FakeCore({
    list: () => {
      throw new CoreError(failure("unavailable"));
    },
  });
  await carryDrafts(broken, "ada");
  expect(keptFor(local(), await readDraft("local-7"))?.draft.note).toBe("By the hut");
});

it("asks for no place where nothing is typed", async () => {
  const core = new FakeCore();
  await carryDrafts(core, "ada");
  expect(core.calls).toEqual([]);
});

it("belongs to places that are kept apart as long as they are", () => {
  expect(isAllTakenIn(overview({ account: {} }))).toBe(true);
  expect(isAllTakenIn(overview({ account: {}, apart: 1 }))).toBe(false);
  expect(isAllTakenIn(overview({}))).toBe(false);
});

it("is waited for by the page of its place, which would take it for nothing", async () => {
  await keep(local(), "By the hut");
  const answer = later<never>();
  const core = new FakeCore({ list: () => answer.answer });
  void carryDrafts(core, "ada");
  const seen: unknown[] = [];
  function Page() {
    seen.push(useKeptDraft("ada-1"));
    return null;
  }
  renderRouter({ index: Page }, { wrapper: appOver(core) });
  await after();
  expect(seen.every((each) => each === undefined)).toBe(true);
  await after(() => answer.give(listing(place())({ call: "list", trash: false }) as never));
  await after(carried);
  expect(seen.at(-1)).toMatchObject({ draft: { draft: { note: "By the hut" } } });
});

/** All that has no place, over a core whose place is what the test says. */
async function shown(of: () => PlacePage, stands: Overview = overview({ account: {} })) {
  const core = new FakeCore({ overview: () => ({ ...stands, store: "ada" }), place: of, list: listing() });
  function All() {
    return <>{useStrays().map((stray) => <StrayText key={stray.key} stray={stray} />)}</>;
  }
  renderRouter({ index: All }, { wrapper: appOver(core) });
  await after();
  return core;
}

const gone = () => {
  throw new CoreError(failure("no_such_place"));
};
const press = (title: string) => after(() => fireEvent.press(screen.getByRole("button", { name: title })));
const isShown = (text: string) => screen.queryByText(text, { exact: false }) !== null;

it("is shown with the name of its place once that is gone, to be let go of, which can be undone", async () => {
  await keep(place(), "By the hut");
  const at = { of: () => ({ place: place() }) as PlacePage };
  const core = await shown(() => at.of());
  expect(isShown("By the hut")).toBe(false);
  at.of = gone;
  await after(() => core.tell("places"));
  expect([isShown("By the hut"), isShown(words.draft.stuckGone("Spring"))]).toEqual([true, true]);
  await press(words.place.revert);
  expect([isShown("By the hut"), await readDraft("ada-1")]).toEqual([false, undefined]);
  await press(words.undo);
  expect(isShown("By the hut")).toBe(true);
});

it.each(["unavailable", "other_account"] as const)("is not shown where all that is known of its place is: %s", async (code) => {
  await keep(place(), "By the hut");
  await shown(() => {
    throw new CoreError(failure(code));
  });
  expect(isShown("By the hut")).toBe(false);
});

it("is nothing to show where a field was only emptied", async () => {
  await keep(place({ note: "Dry" }), "");
  await shown(gone);
  expect(isShown(words.draft.stuck)).toBe(false);
});

it.each([
  [1, false],
  [0, true],
])("at places without an account, %i of which are kept apart, is shown under the account: %s", async (apart, isUnderAccount) => {
  await keep(local(), "By the hut");
  await shown(gone, overview({ account: {}, apart }));
  expect(isShown("By the hut")).toBe(isUnderAccount);
});
