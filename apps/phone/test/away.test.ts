import { expect, it } from "@jest/globals";
import { act, renderHook } from "@testing-library/react-native";
import type { Persisted } from "../core/src/core";
import { useStorageAway } from "../src/home/useStorageAway";

const app = (persisted: Persisted) => renderHook((persisted: Persisted) => useStorageAway(persisted), { initialProps: persisted });

it("the warning stays away over the next start of the app, until the browser has promised it once", () => {
  const first = app("denied");
  expect(first.result.current.storageAway).toBe(false);
  act(() => first.result.current.putStorageAway());
  expect(first.result.current.storageAway).toBe(true);
  first.unmount();
  // Whether it has refused is not known before it is asked again.
  const next = app("unknown");
  expect(next.result.current.storageAway).toBe(true);
  next.rerender("granted");
  next.rerender("denied");
  expect(next.result.current.storageAway).toBe(false);
  next.unmount();
  expect(app("denied").result.current.storageAway).toBe(false);
});
