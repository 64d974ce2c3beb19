import { useRouter } from "expo-router";
import { useState } from "react";
import { StyleSheet, View } from "react-native";
import { type Field, type Place, type Question, type Resolution, useCommand, type Winner } from "../core";
import { useNow } from "../time/useNow";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { useAsk } from "../ui/Dialog";
import { Screen } from "../ui/Screen";
import { space } from "../ui/theme";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { useBack } from "../ui/Way";
import { words } from "../words";
import { FieldChoice } from "./FieldChoice";
import { answerWords, becameOf, fieldsOf, questionText, undecided } from "./sides";

/** Both sides of what a place asks, and the answers. One for each question: what is chosen is chosen for its values. */
export function Decide({ place, question }: { place: Place; question: Question }) {
  const { run, busy } = useCommand();
  const ask = useAsk();
  const say = useSay();
  const router = useRouter();
  const back = useBack(`/place/${place.key}`);
  const now = useNow();
  const [choice, setChoice] = useState<Partial<Record<Field, Winner>>>({});
  const can = (each: Question["choices"][number]) => question.choices.includes(each);
  const open = undecided(question, choice);
  const whole = answerWords(question);

  const answer = async (resolution: Resolution) => {
    const resolved = await run({ call: "resolve", key: place.key, answer: resolution, seen: question.seen });
    if (!resolved) return;
    say({ text: becameOf(question, resolution), ms: 8_000 });
    // Back to the page that asked, which shows how it is now; on to another one where a new place was made.
    if (!resolved.place) router.dismissTo("/");
    else if (resolved.place.key === place.key) back();
    else router.replace(`/place/${resolved.place.key}`);
  };
  const letGo = async () => {
    const { letGoTitle: title, letGoText: text } = words.conflict;
    if (await ask({ title, text, yes: question.theirs ? words.conflict.takeServers : words.conflict.letGo, danger: true })) await answer({ is: "letGo" });
  };

  return (
    <Screen title={place.name ?? words.unnamed} name={words.conflict.title} parent={`/place/${place.key}`}>
      <Notice title={words.place.decideTitle} text={questionText(question)} />
      {fieldsOf(question).map((field) => {
        const decides = can("perField") && (question.conflicting as string[]).includes(field);
        return (
          <FieldChoice
            key={field}
            question={question}
            field={field}
            now={now}
            value={choice[field as Field]}
            onChoose={decides ? (winner) => setChoice({ ...choice, [field]: winner }) : undefined}
          />
        );
      })}
      <View style={styles.actions}>
        {can("perField") && open.length > 0 ? (
          <Type kind="small" tone="inkSoft">
            {words.conflict.undecided}
          </Type>
        ) : null}
        {can("perField") ? (
          <Button title={words.conflict.perField} kind="primary" busy={busy} disabled={open.length > 0} onPress={() => void answer({ is: "perField", fields: choice })} />
        ) : null}
        {can("keepMine") ? <Button title={whole.keepMine} kind={can("perField") ? "plain" : "primary"} disabled={busy} onPress={() => void answer({ is: "keepMine" })} /> : null}
        {can("keepTheirs") ? <Button title={whole.keepTheirs} disabled={busy} onPress={() => void answer({ is: "keepTheirs" })} /> : null}
        {can("keepAsNew") ? <Button title={words.conflict.keepAsNew} kind="primary" disabled={busy} onPress={() => void answer({ is: "keepAsNew" })} /> : null}
        {can("letGo") ? <Button title={question.theirs ? words.conflict.takeServers : words.conflict.letGo} kind="danger" disabled={busy} onPress={() => void letGo()} /> : null}
      </View>
    </Screen>
  );
}

const styles = StyleSheet.create({ actions: { gap: space.s } });
