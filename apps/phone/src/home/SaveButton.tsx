import { ActivityIndicator, Pressable, StyleSheet } from "react-native";
import { MAIN } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";

/** The one big button. */
export function SaveButton({ onPress, isSaving, compact }: { onPress: () => void; isSaving: boolean; compact: boolean }) {
  const { colors, isDark } = useTheme();
  return (
    <Pressable
      {...MAIN}
      role="button"
      aria-label={words.home.save}
      aria-busy={isSaving}
      onPress={isSaving ? undefined : onPress}
      style={({ pressed }) => [
        styles.button,
        { backgroundColor: colors.accent, boxShadow: isDark ? "none" : "0 8px 24px rgba(31, 92, 74, 0.24)" },
        compact && styles.compact,
        pressed && styles.pressed,
      ]}
    >
      {isSaving ? <ActivityIndicator color={colors.accentInk} /> : <Icon name="pin" tone="accentInk" size={28} />}
      <Type kind="title" tone="accentInk">
        {isSaving ? words.home.saving : words.home.save}
      </Type>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: {
    minHeight: 84,
    borderRadius: 24,
    paddingHorizontal: space.xl,
    paddingVertical: space.m,
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    gap: space.m,
    width: "100%",
  },
  pressed: { opacity: 0.88, transform: [{ scale: 0.985 }] },
  compact: { minHeight: 60, borderRadius: radius.l },
});
