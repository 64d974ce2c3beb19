// In a browser, the list is a list to a screen reader, all of it, and the browser leaves out what is not seen
// (`content-visibility`, web.css). React Native's own would put each row into boxes that are no list's.

import { useEffect, useRef } from "react";
import { ScrollView, StyleSheet, View } from "react-native";
import type { PlaceListProps } from "./PlaceList";
import { PlaceRow } from "./PlaceRow";
import { useLatest } from "../ui/useLatest";

/** How far before the end more is asked for, in screens. */
const AHEAD = "150%";

export function PlaceList({ places, now, here, header, empty, footer, onEnd }: PlaceListProps) {
  const end = useRef<View>(null);
  const reached = useLatest(onEnd);
  const count = places.length;
  useEffect(() => {
    const mark = end.current as unknown as HTMLElement | null;
    if (!mark) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && reached.current(), {
      root: mark.closest("[role=main]"),
      rootMargin: `0px 0px ${AHEAD} 0px`,
    });
    observer.observe(mark);
    return () => observer.disconnect();
    // Again after each page: the mark may be in sight still.
  }, [count, reached]);
  return (
    <ScrollView role="main" style={styles.fill} contentContainerStyle={styles.list} keyboardShouldPersistTaps="handled">
      {header}
      {count === 0 ? (
        empty
      ) : (
        <View role="list">
          {places.map((place) => (
            <PlaceRow key={place.key} place={place} now={now} here={here} />
          ))}
        </View>
      )}
      {footer}
      <View ref={end} style={styles.end} />
    </ScrollView>
  );
}

const styles = StyleSheet.create({
  fill: { flex: 1 },
  list: { paddingBottom: 96, flexGrow: 1 },
  end: { height: 1 },
});
