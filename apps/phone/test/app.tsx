// What every screen stands in, over a core of the test.

import { act } from "@testing-library/react-native";
import type { ReactNode } from "react";
import { SafeAreaProvider } from "react-native-safe-area-context";
import type { Core } from "../core/src/core";
import { CoreProvider } from "../src/core";
import { DialogProvider } from "../src/ui/Dialog";
import { ToastProvider } from "../src/ui/Toast";

const window = { frame: { x: 0, y: 0, width: 390, height: 844 }, insets: { top: 0, left: 0, right: 0, bottom: 0 } };

/** The app's own providers, in their order. */
export function appOver(core: Core) {
  const load = () => Promise.resolve(core);
  return function App({ children }: { children: ReactNode }) {
    return (
      <SafeAreaProvider initialMetrics={window}>
        <DialogProvider>
          <ToastProvider>
            <CoreProvider load={load}>{children}</CoreProvider>
          </ToastProvider>
        </DialogProvider>
      </SafeAreaProvider>
    );
  };
}

/** Does it, and lets everything happen that follows from it without time passing. */
export const after = (what: () => unknown = () => undefined): Promise<void> =>
  act(async () => {
    await what();
    for (let i = 0; i < 20; i++) await Promise.resolve();
  });
