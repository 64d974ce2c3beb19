import { useState } from "react";
import { StyleSheet, View } from "react-native";
import { useAnswer, useCommand, useOverview } from "../../core";
import { withoutPosition } from "../../home/banners";
import { Entry } from "../../outbox/Entry";
import { Empty } from "../../places/Empty";
import { keepFile } from "../../platform/file";
import { useNow } from "../../time/useNow";
import { Button } from "../../ui/Button";
import { Notice } from "../../ui/Card";
import { Screen } from "../../ui/Screen";
import { space } from "../../ui/theme";
import { useSay } from "../../ui/Toast";
import { Type } from "../../ui/Type";
import { words } from "../../words";

const STEP = 50;
/** The most that the core answers at once. */
const MOST = 1_000;

export default function OutboxScreen() {
  const [limit, setLimit] = useState(STEP);
  const { data, failure } = useAnswer({ call: "outbox", limit });
  const overview = useOverview();
  const now = useNow();
  const { run, busy } = useCommand();
  const say = useSay();
  const waits = (data?.entries.length ?? 0) > 0;
  const lacking = overview ? withoutPosition(overview.status) : 0;
  const emptyText = overview?.account ? words.outbox.emptyText : words.outbox.emptyLocal;

  const retryAll = async () => {
    const retried = await run({ call: "retryAll" });
    if (!retried) return;
    say({ text: words.outbox.retried(retried.operations) });
    if (overview?.account) await run({ call: "sync" }, true);
  };
  const exportAll = async () => {
    const file = await run({ call: "exportOutbox" });
    if (file) await keepFile(file);
  };

  return (
    <Screen title={words.outbox.title} large>
      {failure ? <Notice tone="danger" title={failure.sentence} text={failure.advice} urgent /> : null}
      {data && !waits ? (
        <Empty icon="check" title={words.outbox.emptyTitle} text={lacking > 0 ? words.outbox.emptyPosition(lacking) : emptyText} />
      ) : null}
      {waits ? (
        <>
          <Type kind="small" tone="inkSoft">
            {words.outbox.about}
          </Type>
          <View style={styles.actions}>
            {overview?.account ? <Button title={words.outbox.retryAll} icon="sync" kind="primary" grow busy={busy} onPress={() => void retryAll()} /> : null}
            <Button title={words.outbox.exportAll} icon="download" grow onPress={() => void exportAll()} />
          </View>
          <View role="list" style={styles.list}>
            {data?.entries.map((entry) => (
              <Entry key={entry.opId} entry={entry} now={now} />
            ))}
          </View>
          {data?.next != null && limit < MOST ? <Button title={words.outbox.more} onPress={() => setLimit(Math.min(MOST, limit * 2))} /> : null}
        </>
      ) : null}
    </Screen>
  );
}

const styles = StyleSheet.create({
  actions: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
  list: { gap: space.m },
});
