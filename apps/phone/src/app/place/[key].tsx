import { useLocalSearchParams } from "expo-router";
import { StyleSheet, View } from "react-native";
import { type PlacePage, useAnswer } from "../../core";
import { Standing } from "../../places/Attention";
import { History } from "../../places/History";
import { NotHere } from "../../places/NotHere";
import { PlaceForm } from "../../places/PlaceForm";
import { PositionCard } from "../../places/PositionCard";
import { Read } from "../../places/Read";
import { StrayText, Stuck } from "../../places/Stuck";
import { keepAgain, type KeptDraft, takeLeft } from "../../places/drafts";
import { canChange } from "../../places/form";
import { placeOf } from "../../places/keys";
import type { Stray } from "../../places/strays";
import { useKeptDraft } from "../../places/useKeptDraft";
import { useDraft } from "../../places/useDraft";
import { useLeft } from "../../places/useLeft";
import { useMoved } from "../../places/useMoved";
import { useStrays } from "../../places/useStrays";
import { useRemoval } from "../../places/useRemoval";
import { inFull } from "../../time/when";
import { useNow } from "../../time/useNow";
import { Button } from "../../ui/Button";
import { Card, Notice } from "../../ui/Card";
import { Screen } from "../../ui/Screen";
import { space } from "../../ui/theme";
import { Type } from "../../ui/Type";
import { words } from "../../words";

export default function PlaceScreen() {
  const { key } = useLocalSearchParams<{ key: string }>();
  const { data, failure } = useAnswer({ call: "place", key });
  const kept = useKeptDraft(data?.place);
  const strays = useStrays().filter((each) => placeOf(each.key) === key);
  const isSought = useMoved(key, data?.place, failure);
  if (data && kept) return <Page key={data.place.key} page={data} kept={kept.draft} />;
  return (
    <Screen title={words.place.one}>
      {failure ? <NotHere placeKey={key} failure={failure} isSought={isSought} /> : null}
      {failure ? strays.map((stray) => <StrayText key={stray.key} stray={stray} />) : null}
    </Screen>
  );
}

function Page({ page, kept }: { page: PlacePage; kept: KeptDraft | null }) {
  const { place, journal, entries } = page;
  const now = useNow();
  const form = useDraft(place, kept, entries);
  const left = useLeft(place);
  const use = async ({ key }: Stray) => {
    const taken = await takeLeft(place.key, key);
    // Something else was typed just now: it is still to be had.
    if (taken && !form.use(taken)) await keepAgain(key, taken);
  };
  const { remove, restore, busy, neverSent } = useRemoval(page);
  const isInTrash = place.deletedAt !== null;
  const canEdit = canChange(place);
  const foot =
    canEdit && form.isDirty ? (
      <>
        <Button title={words.place.save} kind="primary" grow busy={form.isSaving} onPress={() => void form.save()} />
        <Button title={words.place.revert} kind="quiet" disabled={form.isSaving} onPress={form.revert} />
      </>
    ) : null;
  return (
    <Screen title={place.name ?? words.unnamed} name={words.place.one} foot={foot}>
      {isInTrash ? (
        <Notice icon="trash" tone="accent" title={words.place.inTrash}>
          {/* Where there is something to decide, that is the way out of it. */}
          {page.question ? null : <Button title={words.place.restore} icon="restore" kind="primary" busy={busy} onPress={() => void restore()} />}
        </Notice>
      ) : null}
      <Standing page={page} isTyping={form.isDirty} />
      {!canEdit && form.isDirty ? <Stuck typed={form.typed} why={isInTrash ? words.draft.stuckTrash : words.draft.stuckViewer} letGo={form.revert} /> : null}
      {place.role === "viewer" ? <Notice tone="accent" icon="person" title={words.place.readOnly} /> : null}
      {place.position ? null : <PositionCard place={place} canEdit={canEdit} />}
      {canEdit && form.isRestored ? <Notice icon="edit" title={words.draft.title} text={words.draft.text} /> : null}
      {left.map((stray) => (
        <StrayText
          key={stray.key}
          stray={stray}
          beside={{
            why: canEdit ? words.draft.left(!form.isDirty) : words.draft.leftToTake,
            use: canEdit && !form.isDirty ? () => void use(stray) : null,
          }}
        />
      ))}
      {canEdit ? (
        <Card>
          <PlaceForm form={form} />
        </Card>
      ) : (
        <Read place={place} />
      )}
      {place.position ? <PositionCard place={place} canEdit={canEdit} /> : null}
      <View style={styles.captured}>
        <Type kind="note" tone="inkSoft">
          {`${words.place.captured} ${inFull(Date.parse(place.capturedAt))}`}
        </Type>
      </View>
      <History journal={journal} now={now} />
      {place.role === "owner" && !isInTrash ? (
        <Button title={neverSent ? words.place.deleteForGood : words.place.delete} kind="danger" icon="trash" busy={busy} onPress={() => void remove(form)} />
      ) : null}
    </Screen>
  );
}

const styles = StyleSheet.create({ captured: { paddingHorizontal: space.xs } });
