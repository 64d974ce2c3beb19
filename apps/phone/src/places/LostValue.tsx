import { useState } from "react";
import { StyleSheet, View } from "react-native";
import type { Lost } from "../core";
import { copy } from "../platform/copy";
import { Button } from "../ui/Button";
import { radius, space, useTheme } from "../ui/theme";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";
import { lostLine, lostText } from "./words";

/** Of a longer value, so much is shown at first, in letters. */
const SHORT = 240;

/** A value that a decision left behind: in words, and to be taken from here. */
export function LostValue({ lost }: { lost: Lost }) {
  const { colors } = useTheme();
  const say = useSay();
  const [isWhole, setWhole] = useState(false);
  const value = lostText(lost.value);
  const name = words.lost.fields[lost.field];
  const take = async (text: string) => {
    const copied = await copy(text);
    say(copied ? { text: words.lost.copied } : { text: words.lost.notCopied, tone: "warning" });
  };
  return (
    <View style={[styles.lost, { backgroundColor: colors.paper }]}>
      <Type kind="small" selectable style={styles.words}>
        {lostLine(lost, isWhole ? undefined : SHORT)}
      </Type>
      {value === null ? null : (
        <View style={styles.actions}>
          {value.length > SHORT && !isWhole ? <Button title={words.lost.whole} kind="quiet" onPress={() => setWhole(true)} /> : null}
          <Button title={words.lost.copy} label={words.lost.copyThe(name)} kind="quiet" onPress={() => void take(value)} />
        </View>
      )}
    </View>
  );
}

const styles = StyleSheet.create({
  lost: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", borderRadius: radius.m, paddingLeft: space.m, marginTop: space.xs },
  words: { flexGrow: 1, flexShrink: 1, flexBasis: 160, paddingVertical: space.s },
  actions: { flexDirection: "row", flexWrap: "wrap", marginLeft: "auto" },
});
