import { Link } from "expo-router";
import { Platform, StyleSheet, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { useOverview } from "../core";
import { unsent } from "../home/banners";
import { words } from "../words";
import { Icon, type IconName } from "./Icon";
import { LinkPressable } from "./LinkPressable";
import { COLUMN, radius, space, useTheme } from "./theme";
import { Type } from "./Type";

const tabs: { name: string; href: "/" | "/outbox" | "/settings"; title: string; icon: IconName }[] = [
  { name: "index", href: "/", title: words.tabs.places, icon: "pin" },
  { name: "outbox", href: "/outbox", title: words.tabs.outbox, icon: "outbox" },
  { name: "settings", href: "/settings", title: words.tabs.settings, icon: "settings" },
];

/** The way between the main three. */
export function TabBar({ current, atTop }: { current: string; atTop: boolean }) {
  const { colors, textScale } = useTheme();
  // As large as it has room for beside the icon.
  const letters = Math.min(textScale, 1.6);
  const insets = useSafeAreaInsets();
  const overview = useOverview();
  const waiting = overview ? unsent(overview.status) : 0;
  return (
    <View
      role="navigation"
      aria-label={words.tabs.label}
      style={[
        styles.bar,
        { backgroundColor: colors.surface, borderColor: colors.line },
        atTop ? { borderBottomWidth: StyleSheet.hairlineWidth, paddingTop: insets.top } : { borderTopWidth: StyleSheet.hairlineWidth, paddingBottom: insets.bottom },
      ]}
    >
      <View style={styles.row}>
        {tabs.map(({ name, href, title, icon }) => {
          const isCurrent = name === current;
          const count = name === "outbox" ? waiting : 0;
          const tone = isCurrent ? "accent" : "inkSoft";
          return (
            <Link key={name} href={href} asChild>
              <LinkPressable
                // A browser's screen reader has a word for the page that is shown; a phone's says "selected".
                {...(Platform.OS === "web" ? { "aria-current": isCurrent ? "page" : undefined } : { accessibilityState: { selected: isCurrent } })}
                look={[styles.tab, atTop && styles.tabAtTop]}
              >
                <View style={[styles.sign, isCurrent && { backgroundColor: colors.accentSoft }]}>
                  <Icon name={icon} tone={tone} size={22} />
                  {count ? (
                    <View style={[styles.count, { minWidth: 20 * letters, backgroundColor: colors.accent, borderColor: colors.surface }]} aria-hidden>
                      <Type kind="note" tone="accentInk" strong style={{ fontSize: 11 * letters, lineHeight: 15 * letters }}>
                        {count > 99 ? "99+" : count}
                      </Type>
                    </View>
                  ) : null}
                </View>
                <Type kind="note" strong={isCurrent} tone={tone} numberOfLines={1}>
                  {title}
                </Type>
                {/* What the number means, for whoever does not see it. */}
                {count ? <Type style={styles.unseen}>{words.summary.pending(count)}</Type> : null}
              </LinkPressable>
            </Link>
          );
        })}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  bar: { alignItems: "center" },
  row: { flexDirection: "row", width: "100%", maxWidth: COLUMN },
  tab: { flex: 1, alignItems: "center", justifyContent: "center", minHeight: 60, paddingVertical: 6, gap: 2, borderRadius: radius.m },
  tabAtTop: { flexDirection: "row", gap: space.s, minHeight: 56 },
  sign: { paddingHorizontal: 18, paddingVertical: 3, borderRadius: radius.round },
  count: { position: "absolute", top: -4, right: 2, paddingHorizontal: 4, borderRadius: radius.round, borderWidth: 2, alignItems: "center" },
  unseen: { position: "absolute", width: 1, height: 1, overflow: "hidden", opacity: 0 },
});
