import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { act, fireEvent, renderHook, screen } from "@testing-library/react-native";
import { type CallNamed, CoreError, failure, type Place } from "../core/src/core";
import { useCapture } from "../src/capture/useCapture";
import { FIRST_FIX_MS } from "../src/location/refine";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore, later, place } from "./core";
import { fix } from "./location";
import { sensorIs, sensorSays, watched } from "./sensor";

let hour = 0;

beforeEach(() => {
  // Later than the test before: what the sensor said last stands for a while, for every capture.
  jest.useFakeTimers({ now: Date.UTC(2026, 10, 4, (hour += 1)) });
  sensorIs("granted");
});
afterEach(async () => {
  jest.restoreAllMocks();
  // All captures share one watch of the sensor: none is left to the next test.
  await pass(FIRST_FIX_MS);
  expect(watched()).toBe(0);
});

/** What saves, over a core that keeps the last capture, or is broken. */
async function saving() {
  let kept: Place | null = null;
  const broken: { by: CoreError | null } = { by: null };
  const orBroken = <A,>(answer: A): A => {
    if (broken.by) throw broken.by;
    return answer;
  };
  const core = new FakeCore({
    capture: ({ clientId, position }) => orBroken({ place: (kept = place({ clientId, position: (position ?? null) as Place["position"] })), new: true }),
    fix: ({ position }) => orBroken({ outcome: kept?.position ? "improved" : "placed", place: (kept = { ...kept!, position: position as Place["position"] }) }),
    undoCapture: () => orBroken({ outcome: "vanished", place: null }),
  });
  const hook = renderHook(useCapture, { wrapper: appOver(core) });
  await after();
  const now = () => hook.result.current;
  const tap = () => after(() => now().save());
  return { core, broken, now, tap };
}

const pass = async (ms: number) => {
  act(() => jest.advanceTimersByTime(ms));
  await after();
};
const isShown = (text: string) => screen.queryByText(text, { exact: false }) !== null;
const isOffered = (title: string) => screen.queryByRole("button", { name: title }) !== null;
const press = (title: string) => after(() => fireEvent.press(screen.getByRole("button", { name: title })));
const full = new CoreError(failure("storage_full"));
const idOf = ({ clientId }: CallNamed<"capture" | "undoCapture">) => clientId;

it("is under way until the core has it, and only then it is said to be saved", async () => {
  const { core, now, tap } = await saving();
  const answer = later<{ place: Place; new: boolean }>();
  core.replies.capture = () => answer.answer;
  await tap();
  expect([now().isSaving, isShown(words.home.savedWaiting)]).toEqual([true, false]);
  await after(() => answer.give({ place: place(), new: true }));
  expect([now().isSaving, isShown(words.home.savedWaiting)]).toEqual([false, true]);
});

it("a trembling finger saves one place, a second tap another one", async () => {
  const { core, now, tap } = await saving();
  await after(() => {
    now().save();
    now().save();
  });
  await pass(699);
  await tap();
  expect(core.asked("capture")).toHaveLength(1);
  await pass(1);
  await tap();
  expect(new Set(core.asked("capture").map(idOf)).size).toBe(2);
});

it("Undo stays when the position comes, and takes back this very place", async () => {
  const { core, tap } = await saving();
  await tap();
  expect([isShown(words.home.savedWaiting), isOffered(words.undo)]).toEqual([true, true]);
  await pass(1_000);
  await after(() => sensorSays(fix({ accuracy: 20, measuredAt: Date.now() })));
  expect([isShown("Position found"), isOffered(words.undo)]).toEqual([true, true]);
  await press(words.undo);
  expect(core.asked("undoCapture").map(idOf)).toEqual(core.asked("capture").map(idOf));
  expect([isShown(words.home.undone), isOffered(words.undo)]).toEqual([true, false]);
  expect(watched()).toBe(0);
});

it("Undo stays when no position comes, also where that is said at once", async () => {
  const { tap } = await saving();
  await tap();
  await pass(FIRST_FIX_MS);
  expect([isShown(words.home.noPosition), isOffered(words.undo)]).toEqual([true, true]);
  sensorIs("denied");
  await tap();
  expect([isShown(words.home.noPosition), isOffered(words.undo)]).toEqual([true, true]);
});

it("an undo that fails can be tried again", async () => {
  const { core, broken, tap } = await saving();
  await tap();
  broken.by = new CoreError(failure("unavailable"));
  await press(words.undo);
  expect(isShown(words.home.notUndone)).toBe(true);
  broken.by = null;
  await press(words.tryAgain);
  expect(isShown(words.home.undone)).toBe(true);
  expect(core.asked("undoCapture")).toHaveLength(2);
});

it("an undo that would lose what was typed since is none, and says so", async () => {
  const { core, broken, tap } = await saving();
  await tap();
  broken.by = new CoreError(failure("changed_since"));
  await press(words.undo);
  expect(isShown(words.home.changedSince)).toBe(true);
  expect(isOffered(words.tryAgain)).toBe(false);
  expect(core.asked("undoCapture")).toHaveLength(1);
});

it("only the newest capture speaks of its position", async () => {
  const { tap } = await saving();
  await tap();
  await pass(19_000);
  await tap();
  expect(isShown(words.home.savedWaiting)).toBe(true);
  // The first one's time is over, the second one's is not.
  await pass(1_500);
  expect([isShown(words.home.savedWaiting), isShown(words.home.noPosition)]).toEqual([true, false]);
});

it("what is not saved stays when its words have gone, until it is tried again: as the same place", async () => {
  const { core, broken, now, tap } = await saving();
  broken.by = full;
  await tap();
  expect([now().isSaving, isShown(words.home.notSaved)]).toEqual([false, true]);
  await pass(60_000);
  expect(isShown(words.home.notSaved)).toBe(false);
  expect(now().unsaved).toMatchObject([{ title: words.home.notSaved, clientId: core.asked("capture")[0]!.clientId }]);
  await after(() => now().unsaved[0]!.retry());
  expect(now().unsaved).toHaveLength(1);
  broken.by = null;
  const { capture } = core.replies;
  const wait = later<void>();
  core.replies.capture = (call) => wait.answer.then(() => capture!(call));
  await after(() => now().unsaved[0]!.retry());
  // It can't be tried twice at once.
  expect([now().unsaved, now().isSaving]).toEqual([[], true]);
  await after(() => wait.give());
  expect([now().unsaved, now().isSaving]).toEqual([[], false]);
  // So late nobody knows any more where it was.
  expect(isShown(words.home.noPosition)).toBe(true);
  expect(core.asked("capture")).toHaveLength(3);
  expect(new Set(core.asked("capture").map(idOf)).size).toBe(1);
});

it("each that is not saved stays by itself, and is let go by itself", async () => {
  const { core, broken, now, tap } = await saving();
  broken.by = full;
  await tap();
  broken.by = new CoreError(failure("unavailable"));
  await pass(1_000);
  await tap();
  // No answer is not a "no".
  expect(now().unsaved.map(({ title }) => title)).toEqual([words.home.notSaved, words.home.notConfirmed]);
  broken.by = null;
  await pass(1_000);
  await tap();
  expect(now().unsaved).toHaveLength(2);
  await after(() => now().unsaved[0]!.dismiss());
  expect(now().unsaved.map(({ clientId }) => clientId)).toEqual([core.asked("capture")[1]!.clientId]);
});

it("where not even an id can be made, it is said, and the button can be pressed again", async () => {
  const { core, now, tap } = await saving();
  const random = jest.spyOn(crypto, "getRandomValues").mockImplementation(() => {
    throw new Error("no randomness");
  });
  await tap();
  expect([now().isSaving, isShown(words.home.notSaved), core.asked("capture")]).toEqual([false, true, []]);
  random.mockRestore();
  await pass(700);
  await tap();
  expect([now().isSaving, isShown(words.home.savedWaiting), core.asked("capture").length]).toEqual([false, true, 1]);
});
