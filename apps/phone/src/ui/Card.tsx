import { Children, type ReactNode, useEffect } from "react";
import { AccessibilityInfo, Platform, type StyleProp, StyleSheet, View, type ViewStyle } from "react-native";
import { Icon, type IconName } from "./Icon";
import { radius, space, useTheme } from "./theme";
import { Type } from "./Type";

/** A raised part of a page, with a heading of its own. */
export function Card({ title, children, style }: { title?: string; children: ReactNode; style?: StyleProp<ViewStyle> }) {
  const { colors } = useTheme();
  return (
    <View style={[styles.card, { backgroundColor: colors.surface, borderColor: colors.line }, style]}>
      {title ? (
        <Type kind="heading" heading={2}>
          {title}
        </Type>
      ) : null}
      {children}
    </View>
  );
}

/** Something to know: what happened, what it means, and what can be done about it. */
export function Notice({
  icon = "attention",
  tone = "warning",
  title,
  text,
  quote,
  children,
  urgent,
}: {
  icon?: IconName;
  tone?: "warning" | "danger" | "accent";
  title: string;
  text?: string | undefined;
  /** Somebody's own words that it is about: set apart, to be selected. */
  quote?: string | undefined;
  children?: ReactNode;
  /** Read out at once. */
  urgent?: boolean;
}) {
  const { colors } = useTheme();
  // What is left out is none: no room is kept for it.
  const actions = Children.toArray(children);
  const aloud = urgent ? [title, text].filter(Boolean).join(" ") : "";
  useEffect(() => {
    // A browser reads out what has the role; a phone has to be told.
    if (aloud && Platform.OS !== "web") AccessibilityInfo.announceForAccessibility(aloud);
  }, [aloud]);
  const ground = { warning: colors.warningSoft, danger: colors.dangerSoft, accent: colors.accentSoft }[tone];
  return (
    <View role={urgent ? "alert" : "status"} style={[styles.notice, { backgroundColor: ground, borderColor: colors[tone] }]}>
      <View style={styles.sign}>
        <Icon name={icon} tone={tone} size={22} />
      </View>
      <View style={styles.said}>
        <Type kind="small" strong>
          {title}
        </Type>
        {text ? <Type kind="small">{text}</Type> : null}
        {quote ? (
          <View style={[styles.quote, { borderColor: colors[tone] }]}>
            <Type kind="small" selectable>
              {quote}
            </Type>
          </View>
        ) : null}
        {actions.length > 0 ? <View style={styles.actions}>{actions}</View> : null}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  card: { borderWidth: StyleSheet.hairlineWidth, borderRadius: radius.l, padding: space.l, gap: space.m },
  notice: { flexDirection: "row", gap: space.m, borderWidth: StyleSheet.hairlineWidth, borderRadius: radius.l, padding: space.m },
  sign: { paddingTop: 1 },
  said: { flex: 1, minWidth: 0, gap: 2 },
  quote: { borderLeftWidth: 2, paddingLeft: space.m, marginTop: space.s },
  actions: { flexDirection: "row", flexWrap: "wrap", gap: space.s, paddingTop: space.s },
});
