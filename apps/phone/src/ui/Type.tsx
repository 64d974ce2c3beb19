import type { Ref } from "react";
import { Text, type TextProps, type TextStyle } from "react-native";
import { type Colors, letters, useTheme } from "./theme";

export interface TypeProps extends Omit<TextProps, "role"> {
  ref?: Ref<Text>;
  /** -1: can have the focus, but only by a script. Browsers only. */
  tabIndex?: -1;
  kind?: keyof typeof letters;
  tone?: keyof Colors;
  /** A heading of this level; screen readers jump from one to the next. */
  heading?: 1 | 2 | 3;
  strong?: boolean;
  center?: boolean;
  role?: TextProps["role"];
}

/** Text. */
export function Type({ kind = "body", tone = "ink", heading, strong, center, style, role, ...props }: TypeProps) {
  const { colors, textScale } = useTheme();
  const { size, line, weight } = letters[kind];
  const look: TextStyle = {
    color: colors[tone],
    fontSize: size * textScale,
    lineHeight: line * textScale,
    fontWeight: strong ? "600" : weight,
  };
  if (kind === "large") look.letterSpacing = -0.3;
  if (center) look.textAlign = "center";
  const level = heading ? { role: "heading" as const, "aria-level": heading } : { role };
  return <Text {...level} {...props} style={[look, style]} />;
}
