import type { Ref } from "react";
import { StyleSheet, type Text, useWindowDimensions, View } from "react-native";
import { type Overview, useOverview } from "../core";
import { useOnline } from "../platform/online";
import { useNow } from "../time/useNow";
import { IconButton } from "../ui/Button";
import { Icon, type IconName } from "../ui/Icon";
import { COLUMN, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { useStill } from "../ui/useStill";
import { words } from "../words";
import { type Summary, summaryOf, summaryText } from "./banners";
import { SaveButton } from "./SaveButton";

interface HomeHeadProps {
  heading?: Ref<Text>;
  onSave: () => void;
  isSaving: boolean;
  onSync: () => void;
  isSyncing: boolean;
}

/** The head of the list, which stays: the name, how things stand, and the button. */
export function HomeHead({ heading, onSave, isSaving, onSync, isSyncing }: HomeHeadProps) {
  const { colors, textScale } = useTheme();
  // A line more or less moves the button, and the list: not under a finger.
  const overview = useStill(useOverview());
  // A phone on its side: the head stays, so it must leave room for the list.
  const { height, width } = useWindowDimensions();
  const compact = height < 520;
  // Beside the button the name has room for its letters only on a screen that is wide enough for them.
  const isNarrow = width < 190 * textScale;
  return (
    <View {...({ role: "banner" } as object)} style={[styles.head, { backgroundColor: colors.paper }, compact && styles.compact]}>
      <View style={styles.row}>
        <View style={styles.titles}>
          <Type ref={heading} tabIndex={-1} kind={compact || isNarrow ? "title" : "large"} heading={1}>
            {words.app}
          </Type>
          {overview ? <Standing overview={overview} /> : null}
        </View>
        {overview?.account ? <IconButton icon="sync" label={isSyncing ? words.home.syncing : words.home.sync} onPress={onSync} busy={isSyncing} /> : null}
      </View>
      <SaveButton onPress={onSave} isSaving={isSaving} compact={compact} />
    </View>
  );
}

function Standing({ overview }: { overview: Overview }) {
  const isOnline = useStill(useOnline());
  const now = useStill(useNow());
  const summary = summaryOf(overview, isOnline);
  const isGrave = summary.is === "attention";
  return (
    <View style={styles.standing} role="status">
      <Icon name={summaryIcon(summary)} tone={isGrave ? "warning" : "inkSoft"} size={16} />
      <Type kind="small" tone={isGrave ? "warning" : "inkSoft"} style={styles.text}>
        {summaryText(summary, now)}
      </Type>
    </View>
  );
}

function summaryIcon({ is }: Summary): IconName {
  switch (is) {
    case "attention":
      return "attention";
    case "local":
    case "apart":
      return "phone";
    case "synced":
      return "check";
    case "heard":
    case "incomplete":
      return "cloudOff";
    default:
      return "up";
  }
}

const styles = StyleSheet.create({
  head: { width: "100%", maxWidth: COLUMN + 2 * space.l, alignSelf: "center", paddingHorizontal: space.l, paddingTop: space.m, paddingBottom: space.l, gap: space.l },
  compact: { paddingTop: space.xs, paddingBottom: space.s, gap: space.s },
  row: { flexDirection: "row", alignItems: "center" },
  titles: { flex: 1, gap: 2 },
  standing: { flexDirection: "row", alignItems: "center", gap: 6 },
  text: { flexShrink: 1 },
});
