import { beforeEach, expect, it, jest } from "@jest/globals";
import { router } from "expo-router";
import { fireEvent, renderRouter, screen } from "expo-router/testing-library";
import { useLayoutEffect, useState } from "react";
import { AppState, Text, TextInput, View } from "react-native";
import { type CallNamed, CoreError, failure, type Place, type PlacePage } from "../core/src/core";
import { useAnswer } from "../src/core";
import { dropDraftsOf, keepDraft, type KeptDraft, readDraft } from "../src/places/drafts";
import { draftOf } from "../src/places/form";
import { useDraft } from "../src/places/useDraft";
import { useKeptDraft } from "../src/places/useKeptDraft";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore, place } from "./core";

beforeEach(async () => {
  await dropDraftsOf("ada");
});

const KEY = "ada-1";

/** What a new version of the place finds typed at the very moment in which it is drawn. */
const atNews: { type: ((set: (typed: { note: string }) => void) => void) | null } = { type: null };

function Form({ place, kept, entries }: { place: Place; kept: KeptDraft | null; entries: PlacePage["entries"] }) {
  const form = useDraft(place, kept, entries);
  const { set } = form;
  const [atStart] = useState(place);
  // Drawn, and what follows from it not yet done: a key that is pressed then comes in between.
  useLayoutEffect(() => {
    atNews.type?.(set);
  }, [place, set]);
  return (
    <View>
      <TextInput aria-label="Name" value={form.draft.name} onChangeText={(name) => set({ name })} />
      <TextInput aria-label="Note" value={form.draft.note} onChangeText={(note) => set({ note })} />
      <Text>{[form.isDirty ? "dirty" : "clean", form.isRestored ? "restored" : "new"].join(" ")}</Text>
      <Text>{`name: ${form.problem("name") ?? "fine"}, note: ${form.problem("note") ?? "fine"}`}</Text>
      <Text onPress={() => void form.save()}>Save</Text>
      <Text onPress={form.revert}>Revert</Text>
      <Text onPress={() => form.use({ draft: { ...draftOf(atStart), note: "Left" }, shown: atStart })}>Use</Text>
    </View>
  );
}

function Page() {
  const { data } = useAnswer({ call: "place", key: KEY });
  const kept = useKeptDraft(data?.place);
  return data && kept ? <Form place={data.place} kept={kept.draft} entries={data.entries} /> : null;
}

/** The page of a place, over a core that keeps it. */
async function opened(stored: Place = place(), entries: PlacePage["entries"] = []) {
  atNews.type = null;
  const at = { place: stored };
  const core = new FakeCore({
    place: () => ({ place: at.place, journal: [], entries }) as never,
    edit: ({ changes }: CallNamed<"edit">) => ({ place: (at.place = { ...at.place, ...(changes as Partial<Place>) }), changed: true }) as never,
  });
  renderRouter({ index: Page, elsewhere: () => <Text>Elsewhere</Text> }, { wrapper: appOver(core) });
  await after();
  /** It is changed in another window, or by the server. */
  const becomes = (change: Partial<Place>) =>
    after(() => {
      at.place = { ...at.place, ...change };
      core.tell("places");
    });
  return { core, at, becomes };
}

const field = (label: "Name" | "Note") => screen.getByLabelText(label);
const values = () => [field("Name").props.value, field("Note").props.value];
const type = (label: "Name" | "Note", text: string) => after(() => fireEvent.changeText(field(label), text));
const press = (text: string) => after(() => fireEvent.press(screen.getByText(text)));
const stands = () => (["dirty new", "dirty restored", "clean new"] as const).find((each) => screen.queryByText(each));
const keptNote = async () => ((await readDraft(KEY)) as { draft: { note: string } } | undefined)?.draft.note;

it("follows the place where nothing is typed, and keeps what is typed", async () => {
  const { becomes } = await opened();
  await type("Note", "By the hut");
  await becomes({ name: "Well", note: "Dry" });
  expect([values(), stands()]).toEqual([["Well", "By the hut"], "dirty new"]);
});

it("text that is typed in the same moment as a new version of the place arrives is kept", async () => {
  const { becomes } = await opened();
  await type("Note", "By the hu");
  atNews.type = (set) => set({ note: "By the hut" });
  await becomes({ name: "Well" });
  expect(values()).toEqual(["Well", "By the hut"]);
});

it("what is typed into two fields in one moment is both kept", async () => {
  await opened();
  await after(() => {
    const [name, note] = [field("Name").props, field("Note").props];
    name.onChangeText("Well");
    note.onChangeText("By the hut");
  });
  expect(values()).toEqual(["Well", "By the hut"]);
});

it("is kept beside the core until it is saved", async () => {
  const { core } = await opened();
  await type("Note", "By the hut");
  expect(await keptNote()).toBe("By the hut");
  expect(core.asked("edit")).toEqual([]);
  await press("Save");
  expect(core.asked("edit")).toMatchObject([{ key: KEY, changes: { note: "By the hut" }, seen: { note: null } }]);
  expect([await keptNote(), stands()]).toEqual([undefined, "clean new"]);
  expect(screen.getByText(words.place.changed, { exact: false })).toBeTruthy();
});

it("is there again when the page is opened anew, says so, and is saved against what was seen then", async () => {
  await keepDraft(KEY, { draft: { ...draftOf(place()), note: "By the hut" }, shown: place() });
  const { core } = await opened(place({ name: "Well" }));
  expect([values(), stands()]).toEqual([["Well", "By the hut"], "dirty restored"]);
  await press("Save");
  expect(core.asked("edit").map(({ changes }) => changes)).toEqual([{ note: "By the hut" }]);
});

it("is let go of by the person, with what is kept", async () => {
  const { core } = await opened();
  await type("Note", "By the hut");
  await press("Revert");
  expect([values(), await keptNote()]).toEqual([["Spring", ""], undefined]);
  await after(() => router.push("/elsewhere"));
  expect(core.asked("edit")).toEqual([]);
});

it("what a closed window has left is used like what was typed here, against what was seen there", async () => {
  const { core, becomes } = await opened();
  await becomes({ name: "Well" });
  await press("Use");
  expect([values(), stands(), await keptNote()]).toEqual([["Well", "Left"], "dirty restored", "Left"]);
  await press("Save");
  expect(core.asked("edit")).toMatchObject([{ changes: { note: "Left" }, seen: { name: "Well", note: null } }]);
});

it("what a closed window has left takes the place of nothing that is typed here", async () => {
  await opened();
  await type("Note", "By the hut");
  await press("Use");
  expect([values(), await keptNote()]).toEqual([["Spring", "By the hut"], "By the hut"]);
});

it("is saved when the page is left", async () => {
  const { core } = await opened();
  await type("Note", "By the hut");
  await after(() => router.push("/elsewhere"));
  expect(core.asked("edit")).toMatchObject([{ changes: { note: "By the hut" } }]);
});

it("is saved when the app goes to the background", async () => {
  const listening = jest.spyOn(AppState, "addEventListener");
  const { core } = await opened();
  await type("Note", "By the hut");
  await after(() => {
    for (const [what, listener] of listening.mock.calls) if (what === "change") listener("background");
  });
  expect(core.asked("edit")).toMatchObject([{ changes: { note: "By the hut" } }]);
});

it.each([
  ["is in the trash by now", { deletedAt: "2026-11-05T10:00:00Z" }],
  ["is no longer the person's to change", { role: "viewer" as const }],
])("is not saved, and stays, where the place %s", async (_, change) => {
  const { core, at } = await opened();
  await type("Note", "By the hut");
  // Nobody has told the page.
  at.place = { ...at.place, ...change };
  await press("Save");
  await after(() => router.push("/elsewhere"));
  expect(core.asked("edit")).toEqual([]);
  expect(await keptNote()).toBe("By the hut");
});

it("overwrites nothing that the person has not seen without asking them", async () => {
  const { core, at } = await opened();
  await type("Note", "By the hut");
  at.place = { ...at.place, note: "Dry" };
  await press("Save");
  expect(core.asked("edit")).toEqual([]);
  expect([screen.getByText(words.clash.title), screen.getByText("Dry")]).toHaveLength(2);
  await press(words.clash.keepMine);
  expect(core.asked("edit")).toMatchObject([{ changes: { note: "By the hut" }, seen: { note: "Dry" } }]);
});

/** Another window saves after the look and before the save: the core refuses what would overwrite that. */
function isOvertaken({ core, at }: Awaited<ReturnType<typeof opened>>, ...notes: string[]) {
  const save = core.replies.edit!;
  core.replies.edit = (call) => {
    const note = notes.shift();
    if (note === undefined) return save(call);
    at.place = { ...at.place, note };
    throw new CoreError(failure("changed_since"));
  };
}

it("what another window saves between the look and the save is asked about, and is no failure", async () => {
  const page = await opened();
  isOvertaken(page, "Dry");
  await type("Note", "By the hut");
  await press("Save");
  expect([screen.getByText(words.clash.title), screen.getByText("Dry")]).toHaveLength(2);
  expect([screen.queryByRole("alert"), page.at.place.note]).toEqual([null, "Dry"]);
  await press(words.clash.keepMine);
  expect(page.core.asked("edit").map(({ seen }) => seen?.note)).toEqual([null, "Dry"]);
  expect([page.at.place.note, stands()]).toEqual(["By the hut", "clean new"]);
});

it("a place that never stands still is let be after some looks, and what is typed stays", async () => {
  const page = await opened();
  page.core.replies.edit = () => {
    throw new CoreError(failure("changed_since"));
  };
  await type("Note", "By the hut");
  await press("Save");
  expect(page.core.asked("edit")).toHaveLength(5);
  expect(screen.getByText(words.clash.notYet)).toBeTruthy();
  expect([values(), await keptNote()]).toEqual([["Spring", "By the hut"], "By the hut"]);
});

it("what the server refused is said beside its field whenever the page is opened, until something else is typed there", async () => {
  const errors = [{ field: "changes.name.to", code: "too_long", detail: "is longer than 200 characters" }];
  const entry = { kind: "update", state: { is: "rejected", problem: { code: "invalid", detail: "…", errors } } } as never as PlacePage["entries"][number];
  const { becomes } = await opened(place(), [entry]);
  expect(screen.getByText("name: It is longer than 200 characters., note: fine")).toBeTruthy();
  await type("Note", "By the hut");
  expect(screen.getByText("name: It is longer than 200 characters., note: fine")).toBeTruthy();
  await type("Name", "Short");
  expect(screen.getByText("name: fine, note: fine")).toBeTruthy();
  await becomes({});
  expect(screen.getByText("name: fine, note: fine")).toBeTruthy();
});

it("what the core said of a text goes with the text: when it is let go, and when it is changed", async () => {
  const page = await opened();
  page.core.replies.edit = () => {
    throw new CoreError({ ...failure("invalid"), fields: [{ field: "changes.name", code: "too_long", detail: "is 300 characters long" }] } as never);
  };
  const said = "name: It is 300 characters long., note: fine";
  await type("Name", "Long");
  await press("Save");
  expect(screen.getByText(said)).toBeTruthy();
  await type("Note", "By the hut");
  expect(screen.getByText(said)).toBeTruthy();
  await type("Name", "Lon");
  expect(screen.queryByText(said)).toBeNull();
  await press("Save");
  expect(screen.getByText(said)).toBeTruthy();
  await press("Revert");
  expect([values(), screen.queryByText(said)]).toEqual([["Spring", ""], null]);
});
