import { beforeEach, expect, it, jest } from "@jest/globals";
import { fireEvent, render, screen } from "@testing-library/react-native";
import { draftsOf, keepDraft } from "../src/places/drafts";
import { draftOf } from "../src/places/form";
import { Account } from "../src/settings/Account";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore, place } from "./core";
import { overview } from "./overview";

jest.mock("expo-router", () => ({ useRouter: () => ({ push: jest.fn() }) }));
beforeEach(() => {
  jest.useFakeTimers();
});

/** The account's card in the settings. */
async function show(core: FakeCore) {
  const App = appOver(core);
  render(
    <App>
      <Account />
    </App>,
  );
  await after();
}

it("an account that is open does not hide what another one has left on this phone, nor show whose it is", async () => {
  const core = new FakeCore({ overview: () => overview({ account: {}, left: [{ email: "bob@example.org", changes: 2 }] as never }) });
  await show(core);
  expect(screen.getByText(words.banners.left.title)).toBeTruthy();
  expect(screen.getByText(/2 changes of b…@e…\.org/)).toBeTruthy();
  expect(screen.queryByText(/bob@example\.org/)).toBeNull();
});

it("what was typed at a place that the account has just taken in is counted when it is signed out, and leaves with it", async () => {
  const shown = place({ key: "local-7" });
  await keepDraft("local-7", { draft: { ...draftOf(shown), note: "By the hut" }, shown });
  const core = new FakeCore({
    overview: () => ({ ...overview({ account: {} }), store: "ada" }),
    list: () => ({ places: [place()], next: null }) as never,
    signOut: () => ({ unsent: 0 }) as never,
  });
  await show(core);
  await after(() => fireEvent.press(screen.getByRole("button", { name: words.settings.signOut })));
  await after();
  expect(screen.getByText(words.draft.signOut(["Spring"], false), { exact: false })).toBeTruthy();
  await after(() => fireEvent.press(screen.getAllByRole("button", { name: words.settings.signOut }).at(-1)!));
  await after();
  expect([core.asked("signOut").length, (await draftsOf("local")).names, (await draftsOf("ada")).names]).toEqual([1, [], []]);
});

it("what was typed in another window while the question stood is asked about, too", async () => {
  const core = new FakeCore({ overview: () => ({ ...overview({ account: {} }), store: "ada" }), signOut: () => ({ unsent: 0 }) as never });
  await show(core);
  const press = () => after(() => fireEvent.press(screen.getAllByRole("button", { name: words.settings.signOut }).at(-1)!));
  await press();
  await after();
  expect(screen.queryByText("did not save", { exact: false })).toBeNull();
  const shown = place();
  await keepDraft(shown.key, { draft: { ...draftOf(shown), note: "By the hut" }, shown });
  await press();
  await after();
  expect(screen.getByText(words.draft.signOut(["Spring"], false), { exact: false })).toBeTruthy();
  expect([core.asked("signOut").length, (await draftsOf("ada")).names]).toEqual([0, ["Spring"]]);
  await press();
  await after();
  expect([core.asked("signOut").length, (await draftsOf("ada")).names]).toEqual([1, []]);
});
