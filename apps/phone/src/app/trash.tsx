import { StyleSheet, View } from "react-native";
import { type Place, seen, useCommand } from "../core";
import { Empty } from "../places/Empty";
import { PlaceRow } from "../places/PlaceRow";
import { useList } from "../places/useList";
import { useNow } from "../time/useNow";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { Screen } from "../ui/Screen";
import { space, useTheme } from "../ui/theme";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";

const TRASH = { trash: true } as const;

export default function TrashScreen() {
  const { items: places, failure, hasMore, loadMore } = useList(TRASH);
  const now = useNow();
  return (
    <Screen title={words.trash.title} parent="/settings">
      {failure ? <Notice tone="danger" title={failure.sentence} text={failure.advice} urgent /> : null}
      {places?.length === 0 ? <Empty icon="trash" title={words.trash.emptyTitle} text={words.trash.emptyText} /> : null}
      {places && places.length > 0 ? (
        <>
          <Type kind="small" tone="inkSoft">
            {words.trash.about}
          </Type>
          <View role="list" style={styles.list}>
            {places.map((place) => (
              <Deleted key={place.key} place={place} now={now} />
            ))}
          </View>
          {hasMore ? <Button title={words.outbox.more} onPress={loadMore} /> : null}
        </>
      ) : null}
    </Screen>
  );
}

function Deleted({ place, now }: { place: Place; now: number }) {
  const { colors } = useTheme();
  const { run, busy } = useCommand();
  const say = useSay();
  const restore = async () => {
    if (await run({ call: "restore", key: place.key, seen: seen(place) })) say({ text: words.place.restored, icon: "restore" });
  };
  return (
    <View role="listitem" style={[styles.deleted, { backgroundColor: colors.surface, borderColor: colors.line }]}>
      <PlaceRow place={place} now={now} here={null} bare />
      <View style={styles.action}>
        <Button title={words.place.restore} label={words.trash.restore(place.name ?? words.unnamed)} icon="restore" kind="quiet" busy={busy} onPress={() => void restore()} />
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  list: { gap: space.m },
  deleted: { borderWidth: StyleSheet.hairlineWidth, borderRadius: 16, overflow: "hidden" },
  action: { alignItems: "flex-start", padding: space.xs },
});
