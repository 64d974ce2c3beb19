import { useRouter } from "expo-router";
import { useState } from "react";
import { StyleSheet, View } from "react-native";
import { type NewPosition, type Place, seen, useCommand, useCore } from "../core";
import { coordinate, type LatLon, nudge, parseCoordinate, parsePair } from "../geo/position";
import { useLocate } from "../location/useLocate";
import { PositionMap } from "../map/PositionMap";
import { Button, IconButton } from "../ui/Button";
import { Card } from "../ui/Card";
import { Choice } from "../ui/Chip";
import { Field } from "../ui/Field";
import { Screen } from "../ui/Screen";
import { radius, space, useTheme } from "../ui/theme";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";
import { STEPS, type Step } from "./step";
import { positionClash } from "./clash";
import { useClash } from "./useClash";
import { accuracyWords, problemWords } from "./words";

/** Where a map without a position begins: all of the inhabited world is near enough. */
const NOWHERE: LatLon = { latitude: 46.8, longitude: 8.2 };

/** Sets a position by the map's crosshair, by steps, by numbers, or by where the person is. */
export function PositionEditor({ place, here }: { place: Place; here: LatLon | null }) {
  const { textScale } = useTheme();
  const { run, busy } = useCommand();
  const core = useCore();
  const { decide, tell } = useClash();
  const say = useSay();
  const router = useRouter();
  // What is changed here is what was shown when the page opened: a position that came from elsewhere since is a conflict.
  const [shown] = useState(place);
  const known = shown.position;
  /** What will be saved; null while nothing has been chosen. Accuracy and altitude go with the first move: they were measured elsewhere. */
  const [chosen, setChosen] = useState<NewPosition | null>(known);
  const [center, setCenter] = useState<LatLon>(known ?? here ?? NOWHERE);
  const [latitude, setLatitude] = useState(known ? coordinate(known.latitude) : "");
  const [longitude, setLongitude] = useState(known ? coordinate(known.longitude) : "");
  const [isFix, setFix] = useState(false);

  const show = (next: NewPosition, fromSensor = false) => {
    setChosen(next);
    setCenter({ latitude: next.latitude, longitude: next.longitude });
    setLatitude(coordinate(next.latitude));
    setLongitude(coordinate(next.longitude));
    setFix(fromSensor);
  };
  const move = ({ latitude, longitude }: LatLon) => show({ latitude, longitude });
  const type = (lat: string, lon: string) => {
    // Two numbers at once are pasted; whoever types one has a comma, or the beginning of a second number, by accident.
    const pair = lat.length > latitude.length + 1 ? parsePair(lat) : null;
    if (pair) return move(pair);
    setLatitude(lat);
    setLongitude(lon);
    setFix(false);
    const [north, east] = [parseCoordinate(lat, 90), parseCoordinate(lon, 180)];
    if (north === null || east === null) return setChosen(null);
    setChosen({ latitude: north, longitude: east });
    setCenter({ latitude: north, longitude: east });
  };
  const { locate, isLocating, problem } = useLocate(({ latitude, longitude, accuracy, altitude }) => {
    show({ latitude, longitude, accuracy, altitude }, true);
    say({ text: words.position.found(accuracyWords({ position: { latitude, longitude, accuracy }, positionSource: "fix" })) });
  });
  const wrong = (text: string, most: 90 | 180, why: string) => (text.trim() && parseCoordinate(text, most) === null ? why : undefined);

  /** `saw`: what the person has seen of the place. */
  const put = (position: NewPosition, saw: Place) =>
    !saw.position && saw.clientId
      ? run({ call: "fix", clientId: saw.clientId, position, positionSource: isFix ? "fix" : "manual" })
      : run({ call: "edit", key: saw.key, changes: { position }, seen: seen(saw) });
  const save = async () => {
    if (!chosen) return;
    const now = await core.perform({ call: "place", key: shown.key }).then(({ place }) => place, () => null);
    const clashes = now ? positionClash(chosen, shown, now) : [];
    const kept = clashes.length > 0 ? await decide(clashes) : "none";
    if (!kept) return;
    const answer = kept === "now" ? { place: now } : await put(chosen, kept === "mine" && now ? now : shown);
    if (!answer) return;
    if (kept === "none") say({ text: words.position.saved });
    else tell(clashes, kept);
    if (router.canGoBack()) router.back();
    else router.replace(`/place/${place.key}`);
  };

  return (
    <Screen
      title={words.position.title}
      foot={<Button title={words.position.save} kind="primary" grow busy={busy} disabled={!chosen} onPress={() => void save()} />}
    >
      <PositionMap center={center} accuracy={chosen?.accuracy ?? null} onMove={move} label={words.position.map} height={300} />
      <Button title={isLocating ? words.position.finding : words.position.here} icon="pin" busy={isLocating} onPress={locate} />
      {problem ? (
        <Type kind="small" tone="danger" role="alert">
          {problemWords(problem)}
        </Type>
      ) : null}
      <Card>
        <View style={styles.numbers}>
          <View style={[styles.number, { flexBasis: 130 * textScale }]}>
            <Field
              label={words.position.latitude}
              value={latitude}
              onChangeText={(text) => type(text, longitude)}
              problem={wrong(latitude, 90, words.position.latitudeWrong)}
              inputMode="text"
              autoCorrect={false}
            />
          </View>
          <View style={[styles.number, { flexBasis: 130 * textScale }]}>
            <Field
              label={words.position.longitude}
              value={longitude}
              onChangeText={(text) => type(latitude, text)}
              problem={wrong(longitude, 180, words.position.longitudeWrong)}
              inputMode="text"
              autoCorrect={false}
            />
          </View>
        </View>
        {chosen?.accuracy ? (
          <Type kind="small" tone="inkSoft">
            {accuracyWords({ position: { latitude: 0, longitude: 0, accuracy: chosen.accuracy }, positionSource: "fix" })}
          </Type>
        ) : null}
      </Card>
      <Card title={words.position.nudge}>
        <Nudge onNudge={(east, north) => move(nudge(center, east, north))} />
      </Card>
    </Screen>
  );
}

/** Four arrows around the step they move by. */
function Nudge({ onNudge }: { onNudge: (east: number, north: number) => void }) {
  const { colors } = useTheme();
  const [step, setStep] = useState<Step>(STEPS[1]);
  const { title, metres } = step;
  return (
    <View style={styles.nudge}>
      <View style={styles.steps}>
        <Choice label={words.position.step} options={STEPS} value={step.value} onChange={(value) => setStep(STEPS.find((each) => each.value === value) ?? STEPS[1])} />
      </View>
      <View role="group" aria-label={words.position.nudge} style={[styles.cross, { backgroundColor: colors.paper }]}>
        <IconButton icon="up" label={words.position.north(title)} onPress={() => onNudge(0, metres)} />
        <View style={styles.crossRow}>
          <IconButton icon="back" label={words.position.west(title)} onPress={() => onNudge(-metres, 0)} />
          <IconButton icon="forward" label={words.position.east(title)} onPress={() => onNudge(metres, 0)} />
        </View>
        <IconButton icon="down" label={words.position.south(title)} onPress={() => onNudge(0, -metres)} />
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  numbers: { flexDirection: "row", flexWrap: "wrap", gap: space.m },
  number: { flexGrow: 1, flexShrink: 1, minWidth: 0 },
  nudge: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", gap: space.l },
  steps: { flexShrink: 1, flexBasis: 180, flexGrow: 1 },
  cross: { alignItems: "center", borderRadius: radius.round, padding: space.xs, marginHorizontal: "auto" },
  crossRow: { flexDirection: "row", gap: 44 },
});

