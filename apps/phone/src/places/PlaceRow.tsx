import { Link } from "expo-router";
import { memo } from "react";
import { StyleSheet, View } from "react-native";
import { useStanding } from "../capture/ended";
import type { Place } from "../core";
import { distance, type LatLon } from "../geo/position";
import type { LocationProblem } from "../location/fix";
import { when } from "../time/when";
import { Icon } from "../ui/Icon";
import { LinkPressable } from "../ui/LinkPressable";
import { COLUMN, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { StateChip } from "./StateChip";
import { coordinates, metres } from "./words";

/** For web.css; phones know nothing of it. */
const ROW = { dataSet: { row: "" } } as object;

/** What tells this place from others, besides its name: category, tags, how far it is, or where. */
function facts({ category, tags, position, name }: Place, here: LatLon | null, problem: LocationProblem | null): string[] {
  const told = [category ?? "", ...tags.slice(0, 3).map((tag) => `#${tag}`)].filter(Boolean);
  if (position && here) told.push(words.list.away(metres(distance(position, here))));
  else if (position && !name) told.push(coordinates(position));
  if (problem) told.push(words.location.why[problem]);
  return told;
}

/** A place in a list; opens its page. `bare`: what is around it is the item of the list already. */
export const PlaceRow = memo(function PlaceRow({ place, now, here, bare }: { place: Place; now: number; here: LatLon | null; bare?: boolean }) {
  const { colors, textScale } = useTheme();
  const name = place.name ?? words.unnamed;
  const time = place.deletedAt ? words.trash.since(when(Date.parse(place.deletedAt), now)) : when(Date.parse(place.capturedAt), now);
  const { state, problem } = useStanding(place);
  const about = facts(place, here, problem);
  return (
    <View role={bare ? undefined : "listitem"} {...ROW} style={styles.item}>
      <Link href={`/place/${place.key}`} asChild>
        {/* Its name is what one sees of it: whoever speaks to the phone says that. */}
        <LinkPressable look={[styles.row, { borderColor: colors.line }]}>
          <View style={styles.words}>
            <View style={styles.first}>
              <Type kind="heading" tone={place.name ? "ink" : "inkSoft"} numberOfLines={2} style={[styles.name, { flexBasis: 120 * textScale }]}>
                {name}
              </Type>
              <Type kind="note" tone="inkSoft" style={styles.time}>
                {time}
              </Type>
            </View>
            {about.length > 0 ? (
              <Type kind="small" tone="inkSoft" numberOfLines={1}>
                {about.join(" · ")}
              </Type>
            ) : null}
            <StateChip state={state} />
          </View>
          <Icon name="forward" tone="lineStrong" size={18} />
        </LinkPressable>
      </Link>
    </View>
  );
});

const styles = StyleSheet.create({
  item: { width: "100%", maxWidth: COLUMN + 2 * space.l, alignSelf: "center" },
  row: {
    flexDirection: "row",
    alignItems: "center",
    gap: space.s,
    minHeight: 72,
    paddingHorizontal: space.l,
    paddingVertical: space.m,
    borderBottomWidth: StyleSheet.hairlineWidth,
  },
  words: { flex: 1, minWidth: 0, gap: 3 },
  first: { flexDirection: "row", flexWrap: "wrap", alignItems: "baseline", gap: space.s },
  name: { flexGrow: 1, flexShrink: 1, minWidth: 0 },
  time: { flexShrink: 0 },
});
