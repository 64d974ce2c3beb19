import { Pressable, StyleSheet, View } from "react-native";
import type { Question, QuestionField, Winner } from "../core";
import { moment } from "../time/when";
import { Icon } from "../ui/Icon";
import { Card } from "../ui/Card";
import { radio, radioGroup } from "../ui/radio";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { apart, sideValue } from "./sides";

/** One field of a question, both sides beside each other. `onChoose` where each field is decided by itself. */
export function FieldChoice({
  question,
  field,
  now,
  value,
  onChoose,
}: {
  question: Question;
  field: QuestionField;
  now: number;
  value?: Winner | undefined;
  onChoose?: ((winner: Winner) => void) | undefined;
}) {
  const { mine, theirs } = question;
  const title = words.conflict.fields[field];
  const sides = [
    { winner: "mine" as const, title: words.conflict.mine(moment(Date.parse(mine.at), now)), text: sideValue(mine, field) },
    ...(theirs ? [{ winner: "theirs" as const, title: words.conflict.theirs(moment(Date.parse(theirs.at), now)), text: sideValue(theirs, field) }] : []),
  ];
  return (
    <Card title={title}>
      <View
        role={onChoose ? "radiogroup" : "group"}
        aria-label={title}
        style={styles.sides}
        {...radioGroup((index) => {
          const side = sides[index];
          if (side) onChoose?.(side.winner);
        })}
      >
        {sides.map((side, index) => (
          <OneSide
            key={side.winner}
            title={side.title}
            text={side.text ?? words.conflict.empty}
            isEmpty={side.text === null}
            chosen={value === side.winner}
            onChoose={onChoose && (() => onChoose(side.winner))}
            tabIndex={radio(value === side.winner, index === 0, value !== undefined).tabIndex}
          />
        ))}
      </View>
      {field === "position" && apart(question) ? (
        <Type kind="note" tone="inkSoft">
          {apart(question)}
        </Type>
      ) : null}
      {theirs && !onChoose && question.choices.includes("perField") ? (
        <Type kind="note" tone="inkSoft">
          {words.conflict.both}
        </Type>
      ) : null}
    </Card>
  );
}

function OneSide({ title, text, isEmpty, chosen, onChoose, tabIndex }: { title: string; text: string; isEmpty: boolean; chosen: boolean; onChoose: (() => void) | undefined; tabIndex: 0 | -1 }) {
  const { colors, textScale } = useTheme();
  const inside = (
    <>
      <View style={styles.sideHead}>
        {onChoose ? (
          <View style={[styles.radio, { borderColor: chosen ? colors.accent : colors.lineStrong, backgroundColor: chosen ? colors.accent : "transparent" }]}>
            {chosen ? <Icon name="check" tone="accentInk" size={14} /> : null}
          </View>
        ) : null}
        <Type kind="note" strong tone={chosen ? "accent" : "inkSoft"} style={styles.sideTitle}>
          {title}
        </Type>
      </View>
      <Type tone={isEmpty ? "inkSoft" : "ink"}>{text}</Type>
    </>
  );
  const look = [styles.side, { flexBasis: 140 * textScale, borderColor: chosen ? colors.accent : colors.line, backgroundColor: chosen ? colors.accentSoft : colors.paper }];
  if (!onChoose) return <View style={look}>{inside}</View>;
  return (
    <Pressable role="radio" aria-checked={chosen} aria-label={`${title}: ${text}`} tabIndex={tabIndex} onPress={onChoose} style={look}>
      {inside}
    </Pressable>
  );
}

const styles = StyleSheet.create({
  sides: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
  side: { flexGrow: 1, flexShrink: 1, minWidth: 0, maxWidth: "100%", borderWidth: 1.5, borderRadius: radius.m, padding: space.m, gap: space.s },
  sideHead: { flexDirection: "row", alignItems: "center", gap: space.s },
  sideTitle: { flex: 1 },
  radio: { width: 22, height: 22, borderRadius: radius.round, borderWidth: 2, alignItems: "center", justifyContent: "center" },
});
