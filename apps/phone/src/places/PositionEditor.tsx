import { useRouter } from "expo-router";
import { useEffect, useState } from "react";
import { StyleSheet, useWindowDimensions, View } from "react-native";
import { type NewPosition, type Place, useAnswer, useCore } from "../core";
import { coordinate, type LatLon, nudge, parseCoordinate, parsePair } from "../geo/position";
import { useLocate } from "../location/useLocate";
import { PositionMap } from "../map/PositionMap";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Field } from "../ui/Field";
import { Screen } from "../ui/Screen";
import { space, useTheme } from "../ui/theme";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { useLeave } from "../ui/useLeave";
import { useBack } from "../ui/Way";
import { words } from "../words";
import { positionClash } from "./clash";
import { untilSeen } from "./looks";
import { Nudge } from "./Nudge";
import { useClash } from "./useClash";
import { useGivePosition } from "./usePosition";
import { accuracyWords, problemWords } from "./words";

/** The middle of a map of the whole world. */
const WORLD: LatLon = { latitude: 25, longitude: 10 };
/** Nearer than this, the map shows an area that a person knows; before, a touch of it chooses nothing. */
const KNOWN_AREA = 7;

/** What was chosen on a page that the browser left by itself, until it is opened again. */
const left = new Map<string, NewPosition>();

function taken(key: string): NewPosition | undefined {
  const position = left.get(key);
  left.delete(key);
  return position;
}

/** Where a map without a position may begin: near the newest place that has one. */
function useNear(isAsked: boolean): LatLon | null {
  const { data } = useAnswer(isAsked ? { call: "list", limit: 20 } : null);
  return data?.places.find(({ position }) => position)?.position ?? null;
}

/** Sets a position by the map's crosshair, by steps, by numbers, or by where the person is. */
export function PositionEditor({ place, here }: { place: Place; here: LatLon | null }) {
  const { textScale } = useTheme();
  const { give, busy } = useGivePosition();
  const core = useCore();
  const { decide, tell } = useClash();
  const say = useSay();
  const router = useRouter();
  const back = useBack(`/place/${place.key}`);
  const { height } = useWindowDimensions();
  // What is changed here is what was shown when the page opened: a position that came from elsewhere since is a conflict.
  const [shown] = useState(place);
  const known = shown.position;
  /** What will be saved; null while nothing has been chosen. Accuracy and altitude go with the first move: they were measured elsewhere. */
  const [chosen, setChosen] = useState<NewPosition | null>(() => taken(place.key) ?? known);
  /** Where the person has gone on the map. */
  const [moved, setMoved] = useState<LatLon | null>(chosen);
  const near = useNear(known === null);
  const start = here ?? near;
  const center = moved ?? start ?? WORLD;
  const [latitude, setLatitude] = useState(chosen ? coordinate(chosen.latitude) : "");
  const [longitude, setLongitude] = useState(chosen ? coordinate(chosen.longitude) : "");
  const [isFix, setFix] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const isChanged = chosen !== null && (known === null || chosen.latitude !== known.latitude || chosen.longitude !== known.longitude);
  useLeave(isChanged && !isSaved, words.position.leave, () => {
    if (chosen) left.set(shown.key, chosen);
    say({ text: words.position.left, tone: "warning", ms: 15_000, action: { title: words.position.goOn, onPress: () => router.push(`/position/${shown.key}`) } });
  });

  const show = (next: NewPosition, fromSensor = false) => {
    setChosen(next);
    setMoved({ latitude: next.latitude, longitude: next.longitude });
    setLatitude(coordinate(next.latitude));
    setLongitude(coordinate(next.longitude));
    setFix(fromSensor);
  };
  const move = ({ latitude, longitude }: LatLon) => show({ latitude, longitude });
  const drag = (to: LatLon, zoom: number) => (chosen || zoom >= KNOWN_AREA ? move(to) : setMoved(to));
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
    setMoved({ latitude: north, longitude: east });
  };
  const { locate, isLocating, problem } = useLocate(({ latitude, longitude, accuracy, altitude }) => {
    show({ latitude, longitude, accuracy, altitude }, true);
    say({ text: words.position.found(accuracyWords({ position: { latitude, longitude, accuracy }, positionSource: "fix" })) });
  });
  const wrong = (text: string, most: 90 | 180, why: string) => (text.trim() && parseCoordinate(text, most) === null ? why : undefined);

  /** One look at the place as it is now, and a save against that. "changed": another window has saved in between, and nothing was written. */
  const lookAndSave = async (chosen: NewPosition): Promise<"changed" | void> => {
    const now = await core.perform({ call: "place", key: shown.key }).then(({ place }) => place, () => null);
    const clashes = now ? positionClash(chosen, shown, now) : [];
    const kept = clashes.length > 0 ? await decide(clashes) : "none";
    if (!kept) return;
    if (kept !== "now") {
      // A person's position has been looked at now: they were asked about it, or it is the one they saw, or the one they chose.
      const saw = now && (kept === "mine" || now.positionSource === "manual") ? now : shown;
      const given = await give(saw, chosen, isFix ? "sensor" : "person");
      if (given === "changed") return given;
      if (!given) return;
    }
    if (kept !== "none") tell(clashes, kept);
    setSaved(true);
  };
  const save = async () => {
    if (!chosen) return;
    if ((await untilSeen(() => lookAndSave(chosen))) !== "changed") return;
    say({ text: words.position.notYet, tone: "warning", ms: 8_000 });
  };
  // Only now: what is saved needs no question when the page is left.
  useEffect(() => {
    if (isSaved) back();
  }, [isSaved, back]);

  return (
    <Screen
      title={words.position.title}
      parent={`/place/${shown.key}`}
      foot={<Button title={words.position.save} kind="primary" grow busy={busy} disabled={!chosen} onPress={() => void save()} />}
    >
      <PositionMap center={center} accuracy={chosen?.accuracy ?? null} isWorld={!chosen && (moved !== null || !start)} isChosen={chosen !== null} onMove={drag} label={words.position.map} height={Math.min(300, height * 0.4)} />
      {chosen ? null : (
        <Type kind="small" tone="inkSoft" role="status">
          {words.position.choose}
        </Type>
      )}
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
        <Nudge disabled={!chosen} onNudge={(east, north) => move(nudge(center, east, north))} />
      </Card>
    </Screen>
  );
}

const styles = StyleSheet.create({
  numbers: { flexDirection: "row", flexWrap: "wrap", gap: space.m },
  number: { flexGrow: 1, flexShrink: 1, minWidth: 0 },
});

