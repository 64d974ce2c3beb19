import "../ui/sheet";
// Before the router reads the address: a pairing code in it is taken out.
import "../platform/server";
import "../platform/history";
import { Stack } from "expo-router";
import { StatusBar } from "expo-status-bar";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { CoreProvider } from "../core";
import { useCarriedDrafts } from "../places/useCarriedDrafts";
import { DialogProvider } from "../ui/Dialog";
import { useTheme } from "../ui/theme";
import { ToastProvider } from "../ui/Toast";
import { Page, Way } from "../ui/Way";

/** Whoever comes by a link to one place has the list behind it. */
export const unstable_settings = { anchor: "(tabs)" };

export default function RootLayout() {
  const { colors, reducedMotion } = useTheme();
  return (
    <SafeAreaProvider>
      <StatusBar style="auto" />
      <DialogProvider>
        <ToastProvider>
          <CoreProvider>
            <Carrying />
            <Way>
              <Stack
                screenLayout={({ children }) => <Page>{children}</Page>}
                screenOptions={{
                  headerShown: false,
                  contentStyle: { backgroundColor: colors.paper },
                  animation: reducedMotion ? "none" : "default",
                }}
              />
            </Way>
          </CoreProvider>
        </ToastProvider>
      </DialogProvider>
    </SafeAreaProvider>
  );
}

/** Before the screens, which wait for what is on its way. */
function Carrying() {
  useCarriedDrafts();
  return null;
}
