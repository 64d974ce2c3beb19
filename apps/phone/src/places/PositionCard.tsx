import { useRouter } from "expo-router";
import { StyleSheet, View } from "react-native";
import { useStanding } from "../capture/ended";
import type { Place } from "../core";
import { useDenied } from "../location/useDenied";
import { PositionMap } from "../map/PositionMap";
import { Button } from "../ui/Button";
import { Card, Notice } from "../ui/Card";
import { space } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { accuracyWords, coordinates } from "./words";
import { UseHere } from "./UseHere";

/** Where the place is, or how to say it. */
export function PositionCard({ place, canEdit }: { place: Place; canEdit: boolean }) {
  const router = useRouter();
  const { position } = place;
  const isDenied = useDenied();
  const { problem } = useStanding(place);
  const why = isDenied ? "denied" : problem === "denied" ? null : problem;
  const toMap = () => router.push(`/position/${place.key}`);
  return (
    <Card title={words.place.position}>
      {position ? (
        <>
          <PositionMap center={position} accuracy={position.accuracy ?? null} label={words.place.position} height={180} />
          <View style={styles.facts}>
            <Type selectable style={styles.numbers}>
              {coordinates(position)}
            </Type>
            <Type kind="small" tone="inkSoft">
              {accuracyWords(place)}
            </Type>
          </View>
          {canEdit ? <Button title={words.place.correct} icon="target" onPress={toMap} /> : null}
        </>
      ) : (
        <>
          {why ? (
            <Notice icon="target" title={words.location.why[why]} text={words.location[why]} />
          ) : (
            <Type kind="small" tone="inkSoft">
              {words.place.giveText}
            </Type>
          )}
          <UseHere place={place} />
          <Button title={words.place.give} icon="target" onPress={toMap} />
        </>
      )}
    </Card>
  );
}

const styles = StyleSheet.create({
  facts: { flexDirection: "row", flexWrap: "wrap", alignItems: "baseline", justifyContent: "space-between", columnGap: space.m },
  numbers: { fontVariant: ["tabular-nums"] },
});
