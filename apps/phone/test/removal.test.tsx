// What a person deletes is what they have seen: their own words among it, another window's only once it was shown.

import { beforeEach, expect, it, jest } from "@jest/globals";
import { fireEvent, renderRouter, screen } from "expo-router/testing-library";
import { AppState, Text, TextInput, View } from "react-native";
import { type CallNamed, CoreError, failure, type Place, type PlacePage } from "../core/src/core";
import { useAnswer } from "../src/core";
import { dropDraftsOf } from "../src/places/drafts";
import { useDraft } from "../src/places/useDraft";
import { useRemoval } from "../src/places/useRemoval";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore, later, place } from "./core";

beforeEach(async () => {
  await dropDraftsOf("ada");
});

const KEY = "ada-1";

function Form({ page }: { page: PlacePage }) {
  const form = useDraft(page.place, null);
  const { remove } = useRemoval(page);
  return (
    <View>
      <TextInput aria-label="Note" value={form.draft.note} onChangeText={(note) => form.set({ note })} />
      <Text onPress={() => void form.save()}>Save</Text>
      <Text onPress={() => void remove(form)}>Remove</Text>
    </View>
  );
}

function Page() {
  const { data } = useAnswer({ call: "place", key: KEY });
  return data ? <Form page={data} /> : null;
}

const listening = jest.spyOn(AppState, "addEventListener");

/** The page of a place, over a core that deletes nothing which was not seen. */
async function opened(stored: Place) {
  listening.mockClear();
  const at: { place: Place; isDeleted: boolean } = { place: stored, isDeleted: false };
  const core: FakeCore = new FakeCore({
    place: () => ({ place: at.place, journal: [], entries: [] }) as never,
    edit: ({ changes }) => ({ place: (at.place = { ...at.place, ...(changes as Partial<Place>) }), changed: true }) as never,
    delete: ({ seen }: CallNamed<"delete">) => {
      const isSeen = seen?.note === at.place.note && JSON.stringify(seen?.position) === JSON.stringify(at.place.position);
      if (!isSeen) throw new CoreError(failure("changed_since"));
      at.isDeleted = true;
      return { place: null } as never;
    },
  });
  renderRouter({ index: Page }, { wrapper: appOver(core) });
  await after();
  return { core, at };
}

const type = (text: string) => after(() => fireEvent.changeText(screen.getByLabelText("Note"), text));
const press = (text: string) => after(() => fireEvent.press(screen.getByText(text)));
/** The app that is left saves what is typed. */
const switchApps = () =>
  after(() => {
    for (const [what, listener] of listening.mock.calls) if (what === "change") listener("background");
  });
const confirm = (title: string) => after(() => fireEvent.press(screen.getAllByRole("button", { name: title }).at(-1)!));
const isShown = (text: string) => screen.queryByText(text, { exact: false }) !== null;
const spring = (change: Partial<Place> = {}) => place({ key: KEY, ...change });
const synced = (change: Partial<Place> = {}) => spring({ version: 1, ...change });

it("what was saved by switching apps while the question was open is the person's own, and no news", async () => {
  const { at } = await opened(spring());
  await type("By the hut");
  await press("Remove");
  await switchApps();
  expect(at.place.note).toBe("By the hut");
  await confirm(words.place.deleteForGood);
  expect([isShown(words.place.deleteChanged), at.isDeleted]).toEqual([false, true]);
});

it("what was saved just before is no news either, though the page has not heard of it again", async () => {
  const { core, at } = await opened(synced());
  core.tell = () => undefined;
  await type("By the hut");
  await press("Save");
  await press("Remove");
  expect([isShown(words.place.deleteChanged), at.isDeleted]).toEqual([false, true]);
});

it("what another window saved while the question was open is shown, and asked about", async () => {
  const { core, at } = await opened(spring());
  await press("Remove");
  at.place = { ...at.place, note: "Hollow" };
  await after(() => core.tell("places"));
  await confirm(words.place.deleteForGood);
  expect([isShown(words.place.deleteChanged), screen.queryAllByText("Hollow").length, at.isDeleted]).toEqual([true, 1, false]);
  await confirm(words.place.deleteForGood);
  expect(at.isDeleted).toBe(true);
});

it("a change too small to be shown is not asked about", async () => {
  const { at } = await opened(synced({ position: { latitude: 47.1, longitude: 8.1 } }));
  at.place = { ...at.place, position: { latitude: 47.1000001, longitude: 8.1 } };
  await press("Remove");
  expect([isShown(words.place.deleteChanged), at.isDeleted]).toEqual([false, true]);
});

it("where another window is always quicker, or the place can't be looked at, that is said, and nothing is deleted", async () => {
  const { core, at } = await opened(synced({ position: { latitude: 47.1, longitude: 8.1 } }));
  core.replies.delete = () => {
    throw new CoreError(failure("changed_since"));
  };
  await press("Remove");
  expect(isShown(words.place.notDeleted)).toBe(true);
  const broken = later<never>();
  core.replies.place = () => broken.answer;
  await press("Remove");
  await after(() => broken.fail(new CoreError(failure("unavailable"))));
  expect([isShown(failure("unavailable").sentence), at.isDeleted]).toEqual([true, false]);
});
