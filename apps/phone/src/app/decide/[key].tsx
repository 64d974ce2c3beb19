import { useLocalSearchParams, useRouter } from "expo-router";
import { Decide } from "../../conflict/Decide";
import { useAnswer } from "../../core";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Card";
import { Screen } from "../../ui/Screen";
import { words } from "../../words";

export default function DecideScreen() {
  const { key } = useLocalSearchParams<{ key: string }>();
  const router = useRouter();
  const { data, failure } = useAnswer({ call: "place", key });
  if (data?.question) return <Decide key={data.question.seen} place={data.place} question={data.question} />;
  return (
    <Screen title={words.conflict.title}>
      {data || failure ? (
        <Notice {...(!failure && { tone: "accent", icon: "check" })} title={failure?.sentence ?? words.conflict.nothing} text={failure?.advice}>
          <Button title={words.place.toList} onPress={() => router.dismissTo("/")} />
        </Notice>
      ) : null}
    </Screen>
  );
}
