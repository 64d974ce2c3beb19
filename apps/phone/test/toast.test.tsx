import { beforeEach, expect, it, jest } from "@jest/globals";
import { act, fireEvent, render, screen } from "@testing-library/react-native";
import { useEffect } from "react";
import { AccessibilityInfo } from "react-native";
import { type Said, useSay } from "../src/ui/Toast";
import { after, appOver } from "./app";
import { FakeCore } from "./core";

beforeEach(() => {
  jest.useFakeTimers();
});

const pass = (ms: number) => act(() => jest.advanceTimersByTime(ms));
const isShown = (text: string) => screen.queryByText(text) !== null;

/** The app, with what says something in it. */
async function speaker(): Promise<(said: Said) => void> {
  let say: (said: Said) => void = () => undefined;
  function Speaker() {
    const said = useSay();
    useEffect(() => {
      say = said;
    }, [said]);
    return null;
  }
  render(<Speaker />, { wrapper: appOver(new FakeCore()) });
  await after();
  return (said) => act(() => say(said));
}

it("is shown for four seconds, and said aloud", async () => {
  const say = await speaker();
  say({ text: "Copied" });
  expect(AccessibilityInfo.announceForAccessibility).toHaveBeenLastCalledWith("Copied");
  pass(3_999);
  expect(isShown("Copied")).toBe(true);
  pass(1);
  expect(isShown("Copied")).toBe(false);
});

it("is shown for eight seconds where there is something to decide, and as long as is said where that is said", async () => {
  const say = await speaker();
  const action = { title: "Undo", onPress: () => undefined };
  say({ text: "Saved", action });
  pass(7_999);
  expect([isShown("Saved"), isShown("Undo")]).toEqual([true, true]);
  pass(1);
  expect([isShown("Saved"), isShown("Undo")]).toEqual([false, false]);
  say({ text: "Not saved", action, ms: 15_000 });
  pass(14_999);
  expect(isShown("Not saved")).toBe(true);
  pass(1);
  expect(isShown("Not saved")).toBe(false);
});

it("gives way to a newer one, which has its whole time, also with the same words", async () => {
  const say = await speaker();
  say({ text: "Saved", action: { title: "Undo", onPress: () => undefined } });
  pass(3_000);
  say({ text: "Copied" });
  expect([isShown("Saved"), isShown("Undo"), isShown("Copied")]).toEqual([false, false, true]);
  pass(3_000);
  say({ text: "Copied" });
  pass(3_999);
  expect(isShown("Copied")).toBe(true);
  pass(1);
  expect(isShown("Copied")).toBe(false);
});

it("stays while somebody is at its button, or has a mouse on it; a finger does not hold it", async () => {
  const say = await speaker();
  say({ text: "Saved", action: { title: "Undo", onPress: () => undefined } });
  const button = screen.getByRole("button", { name: "Undo" });
  fireEvent(button, "focus");
  pass(60_000);
  expect(isShown("Saved")).toBe(true);
  fireEvent(button, "blur");
  pass(7_999);
  expect(isShown("Saved")).toBe(true);
  fireEvent(button, "pointerEnter", { nativeEvent: { pointerType: "mouse" } });
  pass(60_000);
  expect(isShown("Saved")).toBe(true);
  fireEvent(button, "pointerLeave");
  fireEvent(button, "pointerEnter", { nativeEvent: { pointerType: "touch" } });
  pass(8_000);
  expect(isShown("Saved")).toBe(false);
});

it("does once what its button says, and is gone", async () => {
  const say = await speaker();
  const onPress = jest.fn();
  say({ text: "Saved", action: { title: "Undo", onPress } });
  fireEvent.press(screen.getByText("Undo"));
  expect(onPress).toHaveBeenCalledTimes(1);
  expect(isShown("Saved")).toBe(false);
});

it.each([
  ["at once", (say: () => void) => say()],
  ["a moment later", (say: () => void) => void Promise.resolve().then(say)],
])("gives way to what its button says %s", async (_, answer) => {
  const say = await speaker();
  say({ text: "Saved", action: { title: "Undo", onPress: () => answer(() => say({ text: "Undone" })) } });
  fireEvent.press(screen.getByText("Undo"));
  await after();
  expect([isShown("Saved"), isShown("Undone")]).toEqual([false, true]);
});

it("goes when its words are touched", async () => {
  const say = await speaker();
  say({ text: "Copied" });
  fireEvent.press(screen.getByText("Copied"));
  expect(isShown("Copied")).toBe(false);
});

it("keeps its button for whoever is at it when something newer offers the same, and the button does the newest", async () => {
  const say = await speaker();
  const [older, newer] = [jest.fn(), jest.fn()];
  say({ text: "Saved", action: { title: "Undo", onPress: older } });
  const button = screen.getByRole("button", { name: "Undo" });
  say({ text: "Saved. Position found", action: { title: "Undo", onPress: newer } });
  expect(screen.getByRole("button", { name: "Undo" })).toBe(button);
  fireEvent(button, "focus");
  say({ text: "Saved. A better position found", action: { title: "Undo", onPress: newer } });
  pass(60_000);
  expect(isShown("Undo")).toBe(true);
  fireEvent.press(button);
  expect([older.mock.calls.length, newer.mock.calls.length]).toEqual([0, 1]);
  say({ text: "Moved", action: { title: "Restore", onPress: older } });
  expect(screen.getByRole("button", { name: "Restore" })).not.toBe(button);
});
