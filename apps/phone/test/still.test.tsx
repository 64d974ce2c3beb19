// What comes under a finger waits until it has left: by the browser's own rule, over a browser's events.

import { expect, it, jest } from "@jest/globals";
import { act, render, screen } from "@testing-library/react-native";
import { useSyncExternalStore } from "react";
import { Banners } from "../src/home/Banners";
import { HomeHead } from "../src/home/Head";
import { words } from "../src/words";
import { after, appOver } from "./app";
import { FakeCore } from "./core";
import { overview } from "./overview";

/** What the browser tells of a finger, by the name of the event. */
const finger = () => (globalThis as unknown as { finger: Record<string, () => void> }).finger;
jest.mock("../src/ui/useStill", () => {
  const told: Record<string, () => void> = {};
  Object.assign(globalThis, { finger: told, addEventListener: (name: string, listener: () => void) => (told[name] = listener) });
  return jest.requireActual("../src/ui/useStill.web");
});

const mockVersion = { isReady: false, tell: () => undefined as void, use: useSyncExternalStore };
jest.mock("../src/platform/version", () => ({
  holdVersion: () => () => undefined,
  useAppVersion: () => {
    const subscribe = (tell: () => void) => {
      mockVersion.tell = tell;
      return () => undefined;
    };
    return { isReady: mockVersion.use(subscribe, () => mockVersion.isReady), isAccepted: false, accept: () => undefined };
  },
}));
jest.mock("expo-router", () => ({ useRouter: () => ({ push: jest.fn() }) }));

const down = () => act(() => finger().pointerdown!());
const up = async () => {
  jest.useFakeTimers();
  await act(() => finger().pointerup!());
  await act(() => jest.advanceTimersByTime(1));
  jest.useRealTimers();
};

it("neither a new version nor how the device stands moves what is under a finger", async () => {
  let stands = overview({ account: {} });
  const core = new FakeCore({ overview: () => ({ ...stands, store: "ada" }) });
  const App = appOver(core);
  render(
    <App>
      <HomeHead onSave={() => undefined} isSaving={false} onSync={() => undefined} isSyncing={false} />
      <Banners />
    </App>,
  );
  await after();
  const shown = () => [words.banners.update.title, "1 place needs your attention", words.banners.signIn.title].map((text) => screen.queryAllByText(text).length > 0);
  expect(shown()).toEqual([false, false, false]);
  await down();
  const { places } = stands.status;
  stands = overview({ account: {}, status: { places: { ...places, needsAttention: 1 }, paused: "signIn" } });
  await after(() => {
    core.tell("overview");
    mockVersion.isReady = true;
    mockVersion.tell();
  });
  expect(shown()).toEqual([false, false, false]);
  await up();
  await after();
  expect(shown()).toEqual([true, true, true]);
});
