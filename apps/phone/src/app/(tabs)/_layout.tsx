import { Tabs } from "expo-router";
import { useWindowDimensions } from "react-native";
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
      screenOptions={{ headerShown: false, tabBarPosition, sceneStyle: { backgroundColor: colors.paper } }}
    >
      <Tabs.Screen name="index" />
      <Tabs.Screen name="outbox" />
      <Tabs.Screen name="settings" />
    </Tabs>
  );
}
