import { StyleSheet, View } from "react-native";
import type { PlaceState } from "../core";
import { Icon } from "../ui/Icon";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { stateLook } from "./words";

/** A place's state: icon and words. `filled`: on a ground of its own, if the state has a colour. */
export function StateChip({ state, filled }: { state: PlaceState; filled?: boolean }) {
  const { colors } = useTheme();
  const { icon, title, tone } = stateLook(state);
  const ground = tone === "warning" ? colors.warningSoft : tone === "accent" && filled ? colors.accentSoft : null;
  return (
    <View style={[styles.chip, ground !== null && [styles.filled, { backgroundColor: ground }]]}>
      <Icon name={icon} tone={tone} size={16} />
      <Type kind="note" strong tone={tone}>
        {title}
      </Type>
    </View>
  );
}

const styles = StyleSheet.create({
  chip: { flexDirection: "row", alignItems: "center", gap: 5, alignSelf: "flex-start" },
  filled: { paddingHorizontal: space.s + 2, paddingVertical: 3, borderRadius: radius.round, marginLeft: -2 },
});
