import { Pressable, StyleSheet, View } from "react-native";
import { Icon, type IconName } from "./Icon";
import { radio, radioGroup } from "./radio";
import { radius, space, useTheme } from "./theme";
import { Type } from "./Type";

/** Something to choose: `radio` where one of a group is chosen, `button` where pressing does something. */
export function Chip({
  title,
  onPress,
  chosen,
  icon,
  label,
  role = "button",
  tabIndex,
}: {
  title: string;
  onPress: () => void;
  chosen?: boolean;
  icon?: IconName;
  label?: string;
  role?: "button" | "radio";
  tabIndex?: 0 | -1;
}) {
  const { colors } = useTheme();
  const ink = chosen ? "accent" : "ink";
  return (
    <Pressable
      role={role}
      aria-label={label ?? title}
      {...(role === "radio" ? { "aria-checked": Boolean(chosen) } : {})}
      tabIndex={tabIndex}
      onPress={onPress}
      style={(state: { pressed: boolean; hovered?: boolean }) => [
        styles.chip,
        {
          backgroundColor: chosen || state.pressed || state.hovered ? colors.accentSoft : colors.surface,
          borderColor: chosen ? colors.accent : colors.lineStrong,
        },
      ]}
    >
      {chosen && !icon ? <Icon name="check" tone={ink} size={16} /> : null}
      <Type kind="small" strong={chosen} tone={ink} style={styles.words}>
        {title}
      </Type>
      {icon ? <Icon name={icon} tone={ink} size={16} /> : null}
    </Pressable>
  );
}

/** A group of which one is chosen. */
export function Choice<T extends string | null>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { value: T; title: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  const isAnyChosen = options.some((option) => option.value === value);
  return (
    <View style={styles.group}>
      <Type kind="small" strong>
        {label}
      </Type>
      <View
        role="radiogroup"
        aria-label={label}
        style={styles.row}
        {...radioGroup((index) => {
          const option = options[index];
          if (option) onChange(option.value);
        })}
      >
        {options.map((option, index) => (
          <Chip
            key={String(option.value)}
            role="radio"
            title={option.title}
            chosen={option.value === value}
            onPress={() => onChange(option.value)}
            {...radio(option.value === value, index === 0, isAnyChosen)}
          />
        ))}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  chip: { minHeight: 44, maxWidth: "100%", paddingHorizontal: space.m, borderRadius: radius.round, borderWidth: 1, flexDirection: "row", alignItems: "center", gap: space.xs + 2 },
  words: { flexShrink: 1 },
  group: { gap: space.s },
  row: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
});
