import type { ReactElement } from "react";
import { FlatList, RefreshControl, StyleSheet } from "react-native";
import type { Place } from "../core";
import type { LatLon } from "../geo/position";
import { PlaceRow } from "./PlaceRow";

export interface PlaceListProps {
  places: Place[];
  now: number;
  here: LatLon | null;
  /** Scrolls with the rows, above them. */
  header: ReactElement;
  /** Instead of rows, where there are none. */
  empty: ReactElement | null;
  footer: ReactElement | null;
  /** The end comes near. */
  onEnd: () => void;
  refreshing: boolean;
  onRefresh: (() => void) | undefined;
}

/** A list without an end. The browser's: PlaceList.web.tsx. */
export function PlaceList({ places, now, here, header, empty, footer, onEnd, refreshing, onRefresh }: PlaceListProps) {
  return (
    <FlatList
      data={places}
      keyExtractor={(place) => place.key}
      renderItem={({ item }) => <PlaceRow place={item} now={now} here={here} />}
      extraData={[now, here]}
      style={styles.fill}
      contentContainerStyle={styles.list}
      keyboardShouldPersistTaps="handled"
      onEndReached={onEnd}
      onEndReachedThreshold={1.5}
      initialNumToRender={12}
      windowSize={9}
      refreshControl={onRefresh ? <RefreshControl refreshing={refreshing} onRefresh={onRefresh} /> : undefined}
      ListHeaderComponent={header}
      ListEmptyComponent={empty}
      ListFooterComponent={footer}
    />
  );
}

const styles = StyleSheet.create({
  fill: { flex: 1 },
  list: { paddingBottom: 96, flexGrow: 1 },
});
