import { useEffect, useRef, useState } from "react";
import { StyleSheet, View } from "react-native";
import { distance } from "../geo/position";
import { coordinates } from "../places/words";
import { IconButton } from "../ui/Button";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import type { DrawnMap } from "./engine.web";
import { Crosshair, Frame, Grid, Pin } from "./Frame";
import { ATTRIBUTION } from "./style";
import type { MapProps } from "./types";
import { useLatest } from "../ui/useLatest";

/** A map around a position, with a fixed crosshair where it can be moved. MapLibre is loaded when the first map is shown. */
export function PositionMap({ center, accuracy = null, isWorld = false, isChosen = true, onMove, label, height }: MapProps) {
  const { colors, isDark, reducedMotion, textScale } = useTheme();
  const box = useRef<View>(null);
  const map = useRef<DrawnMap | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "off">("loading");
  const [hasTiles, setTiles] = useState(true);
  const moved = useLatest(onMove);
  /** What is to be drawn when the map has arrived, which may be later than it was asked for. */
  const now = useLatest({ center, accuracy, isWorld, isDark, label, isMovable: Boolean(onMove), reducedMotion });
  /** Where the map itself has said it is: no reason to move it there. */
  const told = useRef(center);

  useEffect(() => {
    let over = false;
    import("./engine.web")
      .then(({ draw }) => {
        if (over) return;
        const { isMovable, ...rest } = now.current;
        map.current = draw(box.current as unknown as HTMLElement, {
          ...rest,
          onTiles: setTiles,
          onMove: isMovable
            ? (next, zoom) => {
                told.current = next;
                moved.current?.(next, zoom);
              }
            : undefined,
        });
        setState("ready");
      })
      .catch(() => !over && setState("off"));
    return () => {
      over = true;
      map.current?.remove();
      map.current = null;
    };
  }, [moved, now]);

  const wasWorld = useRef(isWorld);
  useEffect(() => {
    // Who has chosen on the map itself has it as near as they want it.
    if (distance(center, told.current) > 0.05) map.current?.moveTo(center, wasWorld.current && !isWorld);
    wasWorld.current = isWorld;
    told.current = center;
    map.current?.ring(center, accuracy);
  }, [center, accuracy, isWorld]);

  useEffect(() => map.current?.look(isDark), [isDark, state]);

  const missing = state === "off" ? words.position.mapOff : hasTiles ? null : words.position.mapBlank;
  // Where it would cover what it speaks of, it stands below.
  const isInside = height >= 300 && textScale <= 1.25;
  const why = missing ? (
    <Type kind="note" tone="inkSoft" role="status">
      {onMove ? `${missing} ${words.position.mapless(isChosen)}` : missing}
    </Type>
  ) : null;
  const drawn = (
    <Frame height={height} message={state === "loading" ? words.position.mapLoading : undefined}>
      {state === "off" ? <Grid /> : null}
      <View ref={box} style={StyleSheet.absoluteFill} />
      {state === "loading" ? null : onMove ? <Crosshair /> : <Pin />}
      {missing && onMove && (isChosen || isInside) ? (
        <View style={[styles.blank, { backgroundColor: colors.surface }]} pointerEvents="none">
          {isChosen ? (
            <Type kind="note" strong style={styles.where}>
              {coordinates(center)}
            </Type>
          ) : null}
          {isInside ? why : null}
        </View>
      ) : null}
      {state === "ready" ? (
        <>
          {onMove ? (
            <View style={[styles.zoom, { backgroundColor: colors.raised, borderColor: colors.line }]}>
              <IconButton icon="plus" label={words.position.zoomIn} onPress={() => map.current?.zoom(1)} />
              <IconButton icon="minus" label={words.position.zoomOut} onPress={() => map.current?.zoom(-1)} />
            </View>
          ) : null}
          <View style={[styles.thanks, { backgroundColor: colors.surface }]} pointerEvents="none">
            <Type kind="note" tone="inkSoft" style={styles.small}>
              {ATTRIBUTION}
            </Type>
          </View>
        </>
      ) : null}
    </Frame>
  );
  return (
    <View style={styles.whole}>
      {drawn}
      {isInside && onMove ? null : why}
    </View>
  );
}

const styles = StyleSheet.create({
  whole: { gap: space.s },
  zoom: { position: "absolute", right: space.s, top: space.s, borderRadius: radius.round, borderWidth: StyleSheet.hairlineWidth },
  thanks: { position: "absolute", right: 0, bottom: 0, paddingHorizontal: space.s, borderTopLeftRadius: radius.s, opacity: 0.85 },
  blank: { position: "absolute", left: space.s, bottom: space.xl, maxWidth: "75%", padding: space.s, borderRadius: radius.s },
  where: { fontVariant: ["tabular-nums"] },
  small: { fontSize: 11 },
});
