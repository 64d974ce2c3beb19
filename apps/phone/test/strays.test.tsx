// What was typed stays with its place where that gets another key, and is shown where there is no place any more.

import { beforeEach, expect, it } from "@jest/globals";
import { fireEvent, renderRouter, screen } from "expo-router/testing-library";
import { CoreError, failure, type Overview, type Place, type PlacePage } from "../core/src/core";
import { useAnswer } from "../src/core";
import { carryDrafts, isAllTakenIn } from "../src/places/carry";
import { draftsOf, dropDraftsOf, type KeptDraft, keepDraft, keptFor, readDraft } from "../src/places/drafts";
import { draftOf } from "../src/places/form";
import { StrayText } from "../src/places/Stuck";
import { straysOf } from "../src/places/strays";
import { useCarriedDrafts } from "../src/places/useCarriedDrafts";
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

/** An account's core with these places, which has taken in all but so many. */
const coreOf = (places: Place[], apart = 0, stands = overview({ account: {}, apart })) =>
  new FakeCore({
    overview: () => ({ ...stands, store: stands.account ? "ada" : "local" }),
    list: ({ clientId, limit }) => ({ places: places.filter((each) => each.clientId === clientId).slice(0, limit ?? 50), next: null }),
    place: ({ key }) => {
      const found = places.find((each) => each.key === key);
      if (!found) throw new CoreError(failure("no_such_place"));
      return { place: found, journal: [], entries: [] } as never;
    },
  });
const others = ["c7", "c8", "c9"].map((clientId, index) => place({ key: `ada-${index + 7}`, clientId }));

it("goes with a place that is taken into an account, however many it has", async () => {
  await keep(local(), "By the hut");
  const core = coreOf([...others, place({ key: "ada-1", version: 1 })]);
  await carryDrafts(core);
  expect(core.asked("list")).toMatchObject([{ clientId: "c1" }]);
  expect(await readDraft("local-7")).toBeUndefined();
  const kept = keptFor(place({ key: "ada-1", version: 1 }), await readDraft("ada-1"));
  expect([kept?.draft.note, kept?.shown.note]).toEqual(["By the hut", null]);
});

it("goes with one that the account has in its trash", async () => {
  await keep(local(), "By the hut");
  const deleted = place({ key: "ada-1", deletedAt: "2026-11-05T10:00:00Z" });
  await carryDrafts(coreOf([deleted]));
  expect(keptFor(deleted, await readDraft("ada-1"))?.draft.note).toBe("By the hut");
});

it("takes the place of nothing that is typed in the account, and is shown beside it", async () => {
  await keep(local(), "By the hut");
  await keep(place(), "Dry");
  const core = coreOf([place()]);
  await carryDrafts(core);
  expect(keptFor(place(), await readDraft("ada-1"))?.draft.note).toBe("Dry");
  expect((await straysOf(core, "ada")).map(({ name, typed }) => [name, typed])).toEqual([["Spring", "By the hut"]]);
});

it("stays where it was while another account is open by then, or the core can't answer", async () => {
  await keep(local(), "By the hut");
  const elsewhere = coreOf([place({ key: "bob-1" })]);
  elsewhere.store = "bob";
  await carryDrafts(elsewhere);
  const broken = coreOf([]);
  broken.replies.list = () => {
    throw new CoreError(failure("unavailable"));
  };
  await carryDrafts(broken);
  expect(keptFor(local(), await readDraft("local-7"))?.draft.note).toBe("By the hut");
});

it("is the account's that took its place in, where that is gone: shown there, counted, and gone with it when it is signed out", async () => {
  await keep(local(), "By the hut");
  await carryDrafts(coreOf([]));
  const shownTo = async (store: string) => (await straysOf(coreOf([]), store)).map(({ typed }) => typed);
  expect([await shownTo("ada"), await shownTo("bob"), await shownTo("local")]).toEqual([["By the hut"], [], []]);
  expect((await draftsOf("ada")).names).toEqual(["Spring"]);
  await dropDraftsOf("ada");
  expect(await shownTo("ada")).toEqual([]);
});

it("that was set aside is overwritten by nothing that comes after it", async () => {
  for (const note of ["By the hut", "By the hut", "Behind it"]) {
    await keep(local(), note);
    await carryDrafts(coreOf([]));
  }
  expect((await straysOf(coreOf([]), "ada")).map(({ typed }) => typed)).toEqual(["By the hut", "By the hut", "Behind it"]);
});

it("is looked for once: whatever came of that, no start looks again, and no page waits for it", async () => {
  await keep(local(), "By the hut");
  await carryDrafts(coreOf([]));
  const core = coreOf([]);
  await carryDrafts(core);
  expect(core.calls).toEqual([]);
});

it("asks for nothing where nothing is typed, and for no place beside those that are kept apart", async () => {
  const core = coreOf([], 1);
  await carryDrafts(core);
  expect(core.calls).toEqual([]);
  await keep(local(), "By the hut");
  await carryDrafts(core);
  expect(core.calls.map(({ call }) => call)).toEqual(["overview"]);
});

it("belongs to places that are kept apart as long as they are", () => {
  expect(isAllTakenIn(overview({ account: {} }))).toBe(true);
  expect(isAllTakenIn(overview({ account: {}, apart: 1 }))).toBe(false);
  expect(isAllTakenIn(overview({}))).toBe(false);
});

/** The page of the place, beside what carries; both as the app has them. */
function drawn(core: FakeCore): { draft: KeptDraft | null }[] {
  const seen: { draft: KeptDraft | null }[] = [];
  function Page() {
    const kept = useKeptDraft(useAnswer({ call: "place", key: "ada-1" }).data?.place);
    if (kept) seen.push(kept);
    return null;
  }
  function Carrying() {
    useCarriedDrafts();
    return null;
  }
  renderRouter({ index: () => <><Page /><Carrying /></> }, { wrapper: appOver(core) });
  return seen;
}

it("is waited for by the page of its place, which would take it for nothing", async () => {
  await keep(local(), "By the hut");
  const core = coreOf([place()]);
  const answer = later<never>();
  core.replies.list = () => answer.answer;
  const seen = drawn(core);
  await after();
  expect(seen).toEqual([]);
  await after(() => answer.give({ places: [place()], next: null } as never));
  await after();
  expect(seen).toMatchObject([{ draft: { draft: { note: "By the hut" } } }]);
});

it("is waited for by a page that the app was opened at, before it is known whose places are where", async () => {
  await keep(local(), "By the hut");
  const core = coreOf([place()]);
  const { overview: stands } = core.replies;
  const answer = later<void>();
  core.replies.overview = async () => {
    await answer.answer;
    return stands!({ call: "overview" });
  };
  const seen = drawn(core);
  await after();
  expect(seen).toEqual([]);
  await after(() => answer.give());
  await after();
  expect(seen).toMatchObject([{ draft: { draft: { note: "By the hut" } } }]);
});

/** All that has no place, over a core whose place is what the test says. */
async function shown(of: () => PlacePage, stands: Overview = overview({ account: {} })) {
  const core = coreOf([], 0, stands);
  core.replies.place = of;
  function All() {
    useCarriedDrafts();
    return <>{useStrays().map((stray) => <StrayText key={stray.key} stray={stray} />)}</>;
  }
  renderRouter({ index: All }, { wrapper: appOver(core) });
  await after();
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
