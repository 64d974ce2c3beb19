import { forwardRef, useState } from "react";
import { Pressable, type PressableProps, type StyleProp, StyleSheet, type View, type ViewStyle } from "react-native";
import { useTheme } from "./theme";

interface LinkPressableProps extends Omit<PressableProps, "style"> {
  look: StyleProp<ViewStyle>;
}

/** What a `Link` with `asChild` makes a link of: it hands over one plain style, so the states are kept here. */
export const LinkPressable = forwardRef<View, LinkPressableProps>(function LinkPressable({ look, ...props }, ref) {
  const { colors } = useTheme();
  const [isOver, setOver] = useState(false);
  return (
    <Pressable
      ref={ref}
      onHoverIn={() => setOver(true)}
      onHoverOut={() => setOver(false)}
      {...props}
      style={({ pressed }) => [styles.link, look, (pressed || isOver) && { backgroundColor: colors.accentSoft }]}
    />
  );
});

const styles = StyleSheet.create({ link: { textDecorationLine: "none" } as object });
