import { useLocalSearchParams } from "expo-router";
import { useAnswer } from "../../core";
import { useHere } from "../../location/useHere";
import { NotHere } from "../../places/NotHere";
import { PositionEditor } from "../../places/PositionEditor";
import { Screen } from "../../ui/Screen";
import { words } from "../../words";

export default function PositionScreen() {
  const { key } = useLocalSearchParams<{ key: string }>();
  const { data, failure } = useAnswer({ call: "place", key });
  const here = useHere();
  if (data) return <PositionEditor place={data.place} here={here} />;
  return (
    <Screen title={words.position.title}>
      {failure ? <NotHere placeKey={key} failure={failure} /> : null}
    </Screen>
  );
}
