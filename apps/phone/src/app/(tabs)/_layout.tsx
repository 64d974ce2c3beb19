import { Tabs, useIsFocused } from "expo-router";
import type { ReactNode } from "react";
import { Platform, useWindowDimensions, View } from "react-native";
import { TabBar } from "../../ui/TabBar";
import { useTheme } from "../../ui/theme";

/** From this width on there is room for the main three at the top, where a desktop has them. */
const WIDE = 768;

export default function TabLayout() {
  const { colors } = useTheme();
  const { width } = useWindowDimensions();
  const tabBarPosition = width >= WIDE ? "top" : "bottom";
  return (
    <Tabs
      tabBar={({ state }) => <TabBar current={state.routes[state.index]?.name ?? "index"} atTop={tabBarPosition === "top"} />}
      screenLayout={({ children }) => <WhileShown>{children}</WhileShown>}
      screenOptions={{ headerShown: false, tabBarPosition, sceneStyle: { backgroundColor: colors.paper } }}
    >
      <Tabs.Screen name="index" />
      <Tabs.Screen name="outbox" />
      <Tabs.Screen name="settings" />
    </Tabs>
  );
}

/** The tabs that are not shown stay as they are, below; the browser's keyboard must not get into them. */
function WhileShown({ children }: { children: ReactNode }) {
  const isShown = useIsFocused();
  const visibility = Platform.OS === "web" ? ({ visibility: isShown ? "visible" : "hidden" } as object) : null;
  return <View style={[{ flex: 1 }, visibility]}>{children}</View>;
}
