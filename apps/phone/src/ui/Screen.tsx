import { type Href, useFocusEffect } from "expo-router";
import { type ReactNode, type Ref, useCallback } from "react";
import { KeyboardAvoidingView, Platform, ScrollView, StyleSheet, type Text, View } from "react-native";
import { SafeAreaView } from "react-native-safe-area-context";
import { setTitle } from "../platform/title";
import { words } from "../words";
import { IconButton } from "./Button";
import { COLUMN, space, useTheme } from "./theme";
import { Type } from "./Type";
import { usePageFocus } from "./usePageFocus";
import { useBack } from "./Way";

/** Names the page for the browser while it is shown. Never with what a person wrote: it gets into the history. */
export function useTitle(name: string): void {
  useFocusEffect(useCallback(() => setTitle(`${name} · ${words.app}`), [name]));
}

/** The head of a page that is not one of the main three: back, title, and what else it offers. */
export function Head({ title, heading, parent, actions }: { title: string; heading?: Ref<Text>; parent: Href; actions?: ReactNode }) {
  const { colors } = useTheme();
  const back = useBack(parent);
  return (
    <View {...({ role: "banner" } as object)} style={[styles.head, { borderColor: colors.line }]}>
      <View style={styles.headRow}>
        <IconButton icon="back" label={words.back} onPress={back} />
        <Type ref={heading} tabIndex={-1} kind="heading" heading={1} numberOfLines={1} style={styles.title}>
          {title}
        </Type>
        <View style={styles.actions}>{actions}</View>
      </View>
    </View>
  );
}

/** A page that scrolls: a head, a column in the middle, and what stays at the bottom. */
export function Screen({
  title,
  name = title,
  parent = "/",
  large,
  actions,
  foot,
  children,
}: {
  title: string;
  /** What the browser calls it, where the title is what a person wrote. */
  name?: string;
  /** The page to which it belongs: there leads the way back of whoever came by a link. */
  parent?: Href;
  /** One of the main three: a large title, no way back. */
  large?: boolean;
  actions?: ReactNode;
  foot?: ReactNode;
  children: ReactNode;
}) {
  const { colors } = useTheme();
  const heading = usePageFocus(large ?? false);
  useTitle(name);
  return (
    <SafeAreaView edges={large ? ["top", "left", "right"] : ["top", "left", "right", "bottom"]} style={[styles.fill, { backgroundColor: colors.paper }]}>
      {large ? null : <Head title={title} heading={heading} parent={parent} actions={actions} />}
      <KeyboardAvoidingView behavior={Platform.OS === "ios" ? "padding" : undefined} style={styles.fill}>
        <ScrollView role="main" style={styles.fill} contentContainerStyle={styles.scrolled} keyboardShouldPersistTaps="handled">
          <View style={styles.column}>
            {large ? (
              <View style={styles.largeHead}>
                <Type ref={heading} tabIndex={-1} kind="large" heading={1} style={styles.largeTitle}>
                  {title}
                </Type>
                {actions}
              </View>
            ) : null}
            {children}
          </View>
        </ScrollView>
        {foot ? (
          <View style={[styles.foot, { backgroundColor: colors.surface, borderColor: colors.line }]}>
            <View style={styles.footColumn}>{foot}</View>
          </View>
        ) : null}
      </KeyboardAvoidingView>
    </SafeAreaView>
  );
}

const styles = StyleSheet.create({
  fill: { flex: 1, minWidth: 0 },
  head: { borderBottomWidth: StyleSheet.hairlineWidth },
  headRow: { flexDirection: "row", alignItems: "center", minHeight: 56, paddingHorizontal: space.xs, width: "100%", maxWidth: COLUMN + 2 * space.l, alignSelf: "center" },
  title: { flex: 1, minWidth: 0 },
  actions: { flexDirection: "row", minWidth: space.s },
  scrolled: { flexGrow: 1, alignItems: "center" },
  column: { width: "100%", maxWidth: COLUMN + 2 * space.l, padding: space.l, gap: space.l, paddingBottom: space.xxl },
  largeHead: { flexDirection: "row", alignItems: "center", minHeight: 48 },
  largeTitle: { flex: 1 },
  foot: { borderTopWidth: StyleSheet.hairlineWidth, alignItems: "center" },
  footColumn: { width: "100%", maxWidth: COLUMN + 2 * space.l, paddingHorizontal: space.l, paddingVertical: space.m, flexDirection: "row", flexWrap: "wrap", gap: space.s },
});
