import { useDeferredValue, useMemo, useState } from "react";
import { StyleSheet, View } from "react-native";
import { SafeAreaView } from "react-native-safe-area-context";
import { useCapture } from "../../capture/useCapture";
import { useResume } from "../../capture/useResume";
import { type Place, useOverview } from "../../core";
import type { LatLon } from "../../geo/position";
import { Banners } from "../../home/Banners";
import { HomeHead } from "../../home/Head";
import { PullToSync } from "../../home/PullToSync";
import { useSync } from "../../home/useSync";
import { useHere } from "../../location/useHere";
import { Empty } from "../../places/Empty";
import { chosen, eachOnce, type Filter, isFiltered, isNarrowed, noFilter, queryOf } from "../../places/filter";
import { FilterPanel } from "../../places/FilterPanel";
import { PlaceList } from "../../places/PlaceList";
import { PlaceRow } from "../../places/PlaceRow";
import { Search } from "../../places/Search";
import { useAll, useList } from "../../places/useList";
import { useNow } from "../../time/useNow";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Card";
import { useTitle } from "../../ui/Screen";
import { COLUMN, space, useTheme } from "../../ui/theme";
import { Type } from "../../ui/Type";
import { usePageFocus } from "../../ui/usePageFocus";
import { useStill } from "../../ui/useStill";
import { words } from "../../words";

/** Above the list, the places that lack a position: one page of them, the rest among the others. */
const LACKING = { state: "withoutPosition" } as const;
/** Places in the trash are in no list; each that waits for a decision (changed here, deleted elsewhere) is here all the same. */
const ASKED_IN_TRASH = { state: "needsAttention", trash: true } as const;

export default function Home() {
  const { colors } = useTheme();
  const heading = usePageFocus(true);
  useTitle(words.tabs.places);
  const { save, isSaving, unsaved: allUnsaved } = useCapture();
  const unsaved = useStill(allUnsaved);
  useResume();
  const { sync, isSyncing } = useSync();
  const overview = useStill(useOverview());
  const [filter, setFilter] = useState<Filter>(noFilter);
  const [isOpen, setOpen] = useState(false);
  const query = useDeferredValue(filter);
  const listed = useList(queryOf(query));
  const lacking = useList(LACKING);
  const askedInTrash = useAll(ASKED_IN_TRASH);
  const now = useNow();
  const here = useHere();
  // As the rows are that are shown: those of the question before stay until the next answer is there.
  const filtered = isNarrowed(listed.query ?? queryOf(query));
  // While nothing is looked for, those without a position stand above the others.
  const { above, below: places } = useMemo(
    () => (filtered ? { above: [], below: listed.items } : eachOnce(lacking.items, listed.items)),
    [filtered, lacking.items, listed.items],
  );
  const deleted = useMemo(() => {
    const listedKeys = new Set(places?.map(({ key }) => key));
    return filtered ? [] : (askedInTrash ?? []).filter(({ key }) => !listedKeys.has(key));
  }, [filtered, askedInTrash, places]);
  const isEmpty = places?.length === 0 && above.length === 0 && deleted.length === 0;
  // Not before the first answer: on an empty phone the field would be there for a moment.
  const hasAny = filtered || isFiltered(filter) || isOpen || (places !== undefined && !isEmpty) || (overview?.status.trash ?? 0) > 0;

  return (
    <SafeAreaView edges={["top", "left", "right"]} style={[styles.fill, { backgroundColor: colors.paper }]}>
      <HomeHead heading={heading} onSave={save} isSaving={isSaving} onSync={() => void sync()} isSyncing={isSyncing} />
      <PullToSync onPull={overview?.account ? sync : undefined} isSyncing={isSyncing}>
        <PlaceList
          places={places ?? []}
          now={now}
          here={here}
          onEnd={listed.loadMore}
          refreshing={isSyncing}
          onRefresh={overview?.account ? () => void sync() : undefined}
          header={
            <View style={styles.above}>
              {unsaved.map(({ clientId, title, text, retry, dismiss }) => (
                <Notice key={clientId} tone="danger" title={title} text={text}>
                  <Button title={words.tryAgain} kind="primary" busy={isSaving} onPress={retry} />
                  <Button title={words.home.letGo} kind="quiet" onPress={dismiss} />
                </Notice>
              ))}
              <Banners />
              {/* Why it can't be read is why it could not be saved. */}
              {listed.failure && unsaved.length === 0 ? <Notice tone="danger" title={listed.failure.sentence} text={listed.failure.advice} urgent /> : null}
              {hasAny ? (
                <Search text={filter.text} onText={(text) => setFilter({ ...filter, text })} count={chosen(filter)} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
              ) : null}
              {isOpen ? <FilterPanel filter={filter} onChange={setFilter} /> : null}
              <Section title={words.list.decisionNeeded} places={deleted} now={now} here={here} />
              <Section title={words.list.positionNeeded} places={above} now={now} here={here} />
              {places && places.length > 0 ? (
                <View style={styles.section}>
                  <SectionHead title={filtered ? words.list.results : words.list.places} />
                </View>
              ) : null}
            </View>
          }
          empty={
            isEmpty && !listed.failure ? (
              <Empty title={filtered ? words.list.noneTitle : words.list.emptyTitle} text={filtered ? words.list.noneText : words.list.emptyText} icon={filtered ? "search" : "pin"} />
            ) : null
          }
          footer={
            listed.hasMore ? (
              <Type kind="small" tone="inkSoft" center style={styles.more}>
                {words.list.more}
              </Type>
            ) : null
          }
        />
      </PullToSync>
    </SafeAreaView>
  );
}

/** A part of the list above the rest of it; nothing where it has no places. */
function Section({ title, places, now, here }: { title: string; places: Place[]; now: number; here: LatLon | null }) {
  if (places.length === 0) return null;
  return (
    <View style={styles.section}>
      <SectionHead title={title} />
      <View role="list">
        {places.map((place) => (
          <PlaceRow key={place.key} place={place} now={now} here={here} />
        ))}
      </View>
    </View>
  );
}

const SectionHead = ({ title }: { title: string }) => (
  <Type kind="note" strong tone="inkSoft" heading={2} style={styles.sectionHead}>
    {title}
  </Type>
);

const styles = StyleSheet.create({
  fill: { flex: 1 },
  above: { width: "100%", maxWidth: COLUMN + 2 * space.l, alignSelf: "center", paddingHorizontal: space.l, gap: space.m },
  section: { marginHorizontal: -space.l, gap: 0 },
  sectionHead: { paddingHorizontal: space.l, paddingTop: space.s },
  more: { padding: space.l },
});
