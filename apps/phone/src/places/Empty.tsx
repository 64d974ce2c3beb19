import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import { Icon, type IconName } from "../ui/Icon";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";

/** Nothing to show, and why. */
export function Empty({ icon, title, text, children }: { icon: IconName; title: string; text: string; children?: ReactNode }) {
  const { colors } = useTheme();
  return (
    <View style={styles.empty}>
      <View style={[styles.sign, { backgroundColor: colors.accentSoft }]}>
        <Icon name={icon} tone="accent" size={30} />
      </View>
      <Type kind="heading" heading={2} center>
        {title}
      </Type>
      <Type kind="small" tone="inkSoft" center style={styles.text}>
        {text}
      </Type>
      {children}
    </View>
  );
}

const styles = StyleSheet.create({
  empty: { alignItems: "center", paddingHorizontal: space.xl, paddingVertical: space.xxl, gap: space.s },
  sign: { width: 72, height: 72, borderRadius: radius.round, alignItems: "center", justifyContent: "center", marginBottom: space.s },
  text: { maxWidth: 360 },
});
