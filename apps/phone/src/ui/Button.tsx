import { ActivityIndicator, Pressable, type PressableProps, type StyleProp, StyleSheet, View, type ViewStyle } from "react-native";
import { Icon, type IconName } from "./Icon";
import { type Colors, radius, space, TARGET, useTheme } from "./theme";
import { Type } from "./Type";

/** Pressable's state; `hovered` exists in browsers only. */
type Pressed = { pressed: boolean; hovered?: boolean };

export interface ButtonProps {
  title: string;
  onPress: () => void;
  kind?: "primary" | "plain" | "danger" | "quiet";
  icon?: IconName;
  /** Under way: it keeps its place and its words, and takes no second press. */
  busy?: boolean;
  disabled?: boolean;
  /** What a screen reader says instead of the title, where the title leaves out which thing it is about. */
  label?: string;
  grow?: boolean;
  style?: StyleProp<ViewStyle>;
}

/** A main button, which nothing that is said may hide (useFreeSpot.web.ts). */
export const MAIN = { dataSet: { main: "" } } as object;

function inks(kind: NonNullable<ButtonProps["kind"]>, colors: Colors) {
  switch (kind) {
    case "primary":
      return { ink: "accentInk", ground: colors.accent, over: colors.accent, edge: colors.accent } as const;
    case "danger":
      return { ink: "danger", ground: colors.surface, over: colors.dangerSoft, edge: colors.danger } as const;
    case "quiet":
      return { ink: "accent", ground: "transparent", over: colors.accentSoft, edge: "transparent" } as const;
    case "plain":
      return { ink: "ink", ground: colors.surface, over: colors.accentSoft, edge: colors.lineStrong } as const;
  }
}

/** A button with words. At least 48 points high. */
export function Button({ title, onPress, kind = "plain", icon, busy, disabled, label, grow, style }: ButtonProps) {
  const { colors, textScale } = useTheme();
  const { ink, ground, over, edge } = inks(kind, colors);
  const off = Boolean(disabled || busy);
  return (
    <Pressable
      {...(kind === "primary" && MAIN)}
      role="button"
      aria-label={label ?? title}
      aria-busy={busy}
      aria-disabled={off}
      disabled={off}
      onPress={onPress}
      style={(state: Pressed) => [
        styles.button,
        { backgroundColor: state.pressed || state.hovered ? over : ground, borderColor: edge },
        kind === "quiet" && styles.quiet,
        state.pressed && styles.pressed,
        disabled && styles.off,
        // Beside others as long as its words have room.
        grow && [styles.grow, { minWidth: 130 * textScale }],
        style,
      ]}
    >
      {busy ? <ActivityIndicator size="small" color={colors[ink]} /> : icon ? <Icon name={icon} tone={ink} /> : null}
      <Type kind="action" tone={ink} center style={styles.words}>
        {title}
      </Type>
    </Pressable>
  );
}

export interface IconButtonProps extends Pick<PressableProps, "aria-expanded"> {
  icon: IconName;
  /** What it does, for screen readers and as a tooltip. */
  label: string;
  onPress: () => void;
  tone?: keyof Colors;
  busy?: boolean;
  disabled?: boolean;
  /** A small number at its corner. */
  count?: number;
}

/** A button that is a sign only, for places where everybody knows it. 48 by 48 points. */
export function IconButton({ icon, label, onPress, tone = "accent", busy, disabled, count, ...props }: IconButtonProps) {
  const { colors } = useTheme();
  return (
    <Pressable
      {...props}
      role="button"
      aria-label={label}
      aria-busy={busy}
      disabled={disabled || busy}
      onPress={onPress}
      hitSlop={4}
      style={(state: Pressed) => [
        styles.icon,
        (state.pressed || state.hovered) && { backgroundColor: colors.accentSoft },
        disabled && styles.off,
      ]}
    >
      {busy ? <ActivityIndicator size="small" color={colors[tone]} /> : <Icon name={icon} tone={tone} size={24} />}
      {count ? (
        <View style={[styles.count, { backgroundColor: colors.accent }]} aria-hidden>
          <Type kind="note" tone="accentInk" strong style={styles.number}>
            {count > 99 ? "99+" : count}
          </Type>
        </View>
      ) : null}
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: {
    minHeight: TARGET,
    maxWidth: "100%",
    paddingHorizontal: space.l,
    paddingVertical: space.s,
    borderRadius: radius.m,
    borderWidth: 1,
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    gap: space.s,
  },
  quiet: { paddingHorizontal: space.m },
  pressed: { opacity: 0.85 },
  off: { opacity: 0.5 },
  grow: { flexGrow: 1, flexBasis: 0 },
  words: { flexShrink: 1 },
  icon: { width: TARGET, height: TARGET, borderRadius: radius.round, alignItems: "center", justifyContent: "center" },
  count: { position: "absolute", top: 4, right: 2, minWidth: 18, paddingHorizontal: 4, borderRadius: radius.round, alignItems: "center" },
  number: { fontSize: 11, lineHeight: 18 },
});
