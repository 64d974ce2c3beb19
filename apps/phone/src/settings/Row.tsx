import { Link } from "expo-router";
import { StyleSheet, View } from "react-native";
import { Icon, type IconName } from "../ui/Icon";
import { LinkPressable } from "../ui/LinkPressable";
import { radius, space, TARGET } from "../ui/theme";
import { Type } from "../ui/Type";

/** A fact: what it is called, and what it is. */
export function Fact({ label, value }: { label: string; value: string }) {
  return (
    <View style={styles.fact}>
      <Type kind="small" tone="inkSoft">
        {label}
      </Type>
      <Type kind="small" selectable style={styles.value}>
        {value}
      </Type>
    </View>
  );
}

/** A way to another page. */
export function LinkRow({ href, icon, title, detail }: { href: "/trash" | "/diagnostics" | "/sign-in"; icon: IconName; title: string; detail?: string | undefined }) {
  return (
    <Link href={href} asChild>
      <LinkPressable aria-label={detail ? `${title}, ${detail}` : title} look={styles.link}>
        <Icon name={icon} tone="accent" size={22} />
        <Type style={styles.title}>{title}</Type>
        {detail ? (
          <Type kind="small" tone="inkSoft">
            {detail}
          </Type>
        ) : null}
        <Icon name="forward" tone="lineStrong" size={18} />
      </LinkPressable>
    </Link>
  );
}

const styles = StyleSheet.create({
  fact: { flexDirection: "row", flexWrap: "wrap", justifyContent: "space-between", columnGap: space.l, rowGap: 2 },
  value: { flexShrink: 1 },
  link: {
    flexDirection: "row",
    alignItems: "center",
    gap: space.m,
    minHeight: TARGET,
    marginHorizontal: -space.s,
    paddingHorizontal: space.s,
    borderRadius: radius.m,
  },
  title: { flex: 1 },
});
