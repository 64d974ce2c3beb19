import { useRouter } from "expo-router";
import { StyleSheet, View } from "react-native";
import { useCommand, useOverview } from "../../core";
import { withoutPosition } from "../../home/banners";
import { usePromises } from "../../home/useConnection";
import { useKeepFile } from "../../home/useKeepFile";
import { useSync } from "../../home/useSync";
import { Entry } from "../../outbox/Entry";
import { useOutbox } from "../../outbox/useOutbox";
import { Empty } from "../../places/Empty";
import { StrayText } from "../../places/Stuck";
import { useStrays } from "../../places/useStrays";
import { withWarning } from "../../places/words";
import { useNow } from "../../time/useNow";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Card";
import { Screen } from "../../ui/Screen";
import { space } from "../../ui/theme";
import { Type } from "../../ui/Type";
import { words } from "../../words";

export default function OutboxScreen() {
  const { items: entries, failure, hasMore, loadMore } = useOutbox();
  const overview = useOverview();
  const promises = usePromises();
  const keepFile = useKeepFile();
  const router = useRouter();
  const now = useNow();
  const strays = useStrays();
  const { run, busy } = useCommand();
  const { sync, isSyncing } = useSync();
  const waits = (entries?.length ?? 0) > 0;
  const lacking = overview ? withoutPosition(overview.status) : 0;
  const emptyText = overview?.account ? words.outbox.emptyText : words.outbox.emptyLocal;
  const more = overview ? Math.max(0, overview.status.pending - (entries?.length ?? 0)) : 0;

  const retryAll = async () => {
    // What came of it is said by the sync: how much was sent, and what keeps the rest.
    if (await run({ call: "retryAll" })) await sync();
  };
  const exportAll = async () => {
    const file = await run({ call: "exportOutbox" });
    if (file) await keepFile(file);
  };

  return (
    <Screen title={words.outbox.title} large>
      {failure ? <Notice tone="danger" title={failure.sentence} text={failure.advice} urgent /> : null}
      {lacking > 0 ? (
        <Notice icon="target" title={words.outbox.lackingTitle(lacking)} text={words.outbox.lacking(lacking)}>
          <Button title={words.outbox.lackingShow} onPress={() => router.navigate("/")} />
        </Notice>
      ) : null}
      {strays.map((stray) => (
        <StrayText key={stray.key} stray={stray} />
      ))}
      {entries && !waits && lacking === 0 && strays.length === 0 ? <Empty icon="check" title={words.outbox.emptyTitle} text={emptyText} /> : null}
      {waits ? (
        <>
          <Type kind="small" tone="inkSoft">
            {withWarning(overview?.account ? words.outbox.about : words.outbox.aboutLocal, promises?.isKept ?? true)}
          </Type>
          <View style={styles.actions}>
            {overview?.account ? <Button title={words.outbox.retryAll} icon="sync" kind="primary" grow busy={busy || isSyncing} onPress={() => void retryAll()} /> : null}
            <Button title={words.outbox.exportAll} icon="download" grow onPress={() => void exportAll()} />
          </View>
          <View role="list" style={styles.list}>
            {entries?.map((entry) => (
              <Entry key={entry.opId} entry={entry} now={now} />
            ))}
          </View>
          {hasMore ? <Button title={words.outbox.moreOf(more)} onPress={loadMore} /> : null}
        </>
      ) : null}
    </Screen>
  );
}

const styles = StyleSheet.create({
  actions: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
  list: { gap: space.m },
});
