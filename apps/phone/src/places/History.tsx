import { StyleSheet, View } from "react-native";
import { type JournalLine, useOverview } from "../core";
import { moment } from "../time/when";
import { Card } from "../ui/Card";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { LostValue } from "./LostValue";
import { journalLine } from "./words";

/** What happened to the place on this phone, newest first, in sentences; with what was not kept of it. */
export function History({ journal, now }: { journal: JournalLine[]; now: number }) {
  const { colors } = useTheme();
  const hasAccount = Boolean(useOverview()?.account);
  return (
    <Card title={words.place.history}>
      {journal.length === 0 ? (
        <Type kind="small" tone="inkSoft">
          {words.place.noHistory}
        </Type>
      ) : (
        <View role="list" style={styles.list}>
          {journal.map((entry, index) => (
            <View key={index} role="listitem" style={styles.item}>
              <View style={[styles.dot, { backgroundColor: index === journal.length - 1 ? colors.accent : colors.line }]} />
              <View style={styles.words}>
                <Type kind="small">{journalLine(entry)}</Type>
                <Type kind="note" tone="inkSoft">
                  {moment(Date.parse(entry.at), now)}
                </Type>
                {entry.lost.map((lost) => (
                  <LostValue key={lost.field} lost={lost} />
                ))}
              </View>
            </View>
          )).reverse()}
        </View>
      )}
      {hasAccount ? (
        <Type kind="note" tone="inkSoft">
          {words.place.historyElsewhere}
        </Type>
      ) : null}
    </Card>
  );
}

const styles = StyleSheet.create({
  list: { gap: space.m },
  item: { flexDirection: "row", gap: space.m },
  dot: { width: 9, height: 9, borderRadius: radius.round, marginTop: 6 },
  words: { flex: 1, minWidth: 0 },
});
