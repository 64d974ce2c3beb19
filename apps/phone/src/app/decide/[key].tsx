import { useLocalSearchParams, useRouter } from "expo-router";
import { Decide } from "../../conflict/Decide";
import { useAnswer } from "../../core";
import { NotHere } from "../../places/NotHere";
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
    <Screen title={words.conflict.title} parent={data ? `/place/${key}` : "/"}>
      {failure ? <NotHere placeKey={key} failure={failure} /> : null}
      {data && !failure ? (
        <Notice tone="accent" icon="check" title={words.conflict.nothing}>
          <Button title={words.place.toList} onPress={() => router.dismissTo("/")} />
        </Notice>
      ) : null}
    </Screen>
  );
}
