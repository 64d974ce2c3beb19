import { useLocalSearchParams, useRouter } from "expo-router";
import { useAnswer } from "../../core";
import { useHere } from "../../location/useHere";
import { PositionEditor } from "../../places/PositionEditor";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Card";
import { Screen } from "../../ui/Screen";
import { words } from "../../words";

export default function PositionScreen() {
  const { key } = useLocalSearchParams<{ key: string }>();
  const router = useRouter();
  const { data, failure } = useAnswer({ call: "place", key });
  const here = useHere();
  if (data) return <PositionEditor place={data.place} here={here} />;
  return (
    <Screen title={words.position.title}>
      {failure ? (
        <Notice title={failure.sentence} text={failure.advice} urgent>
          <Button title={words.place.toList} onPress={() => router.dismissTo("/")} />
        </Notice>
      ) : null}
    </Screen>
  );
}
