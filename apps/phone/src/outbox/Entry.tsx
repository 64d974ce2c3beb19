import { useRouter } from "expo-router";
import { StyleSheet, View } from "react-native";
import { type OutboxEntry, seen, useCommand } from "../core";
import { usePromises } from "../home/useConnection";
import { useKeepFile } from "../home/useKeepFile";
import { useSync } from "../home/useSync";
import { since } from "../time/when";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useAsk } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { space } from "../ui/theme";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";
import { canDiscard, canRetry, discardQuestion, entryKind, entryLook, entryReason } from "./words";

/** For web.css: what is not on the screen is not laid out. */
const ROW = { dataSet: { row: "tall" } } as object;

/** One change that waits: what it is, why and since when it waits, and what can be done. */
export function Entry({ entry, now }: { entry: OutboxEntry; now: number }) {
  const { run, busy } = useCommand();
  const { sync, isSyncing } = useSync();
  const ask = useAsk();
  const say = useSay();
  const keepFile = useKeepFile();
  const router = useRouter();
  const promises = usePromises();
  const { icon, tone } = entryLook(entry);
  const name = entry.placeName ?? words.unnamed;
  const { outbox } = words;
  const isConflict = entry.state.is === "conflict";

  const retry = async () => {
    if (await run({ call: "retry", opId: entry.opId })) await sync();
  };
  const keep = async () => {
    const file = await run({ call: "exportOutbox", opId: entry.opId });
    if (file) await keepFile(file);
  };
  const discard = async () => {
    // What another window types while the question stands may become part of the change; the core drops nothing that was not there to be seen.
    const shown = await run({ call: "place", key: entry.key });
    if (!shown || !(await ask({ ...discardQuestion(entry), yes: outbox.discard, danger: true }))) return;
    const answer = await run({ call: "discard", opId: entry.opId, seen: seen(shown.place) });
    if (answer) say({ text: answer.discarded ? outbox.discarded : outbox.goneAlready });
  };

  return (
    <View role="listitem" {...ROW}>
      <Card style={styles.entry}>
        <View style={styles.head}>
          <Icon name={icon} tone={tone} size={22} />
          <View style={styles.words}>
            <Type kind="heading" heading={2}>
              {name}
            </Type>
            <Type kind="small" tone="inkSoft">
              {`${entryKind(entry)} · ${outbox.since(since(Date.parse(entry.queuedAt), now))} · ${outbox.attempts(entry.attempts)}`}
            </Type>
          </View>
        </View>
        <Type kind="small" tone={tone === "warning" ? "warning" : "ink"}>
          {promises ? entryReason(entry, now, promises.connection) : ""}
        </Type>
        <View style={styles.actions}>
          {isConflict ? <Button title={outbox.decide} label={outbox.of(outbox.decide, name)} kind="primary" onPress={() => router.push(`/decide/${entry.key}`)} /> : null}
          {canRetry(entry) ? <Button title={outbox.retry} label={outbox.of(outbox.retry, name)} kind="primary" busy={busy || isSyncing} onPress={() => void retry()} /> : null}
          <Button title={outbox.edit} label={outbox.of(outbox.edit, name)} onPress={() => router.push(`/place/${entry.key}`)} />
          <Button title={outbox.export} label={outbox.of(outbox.export, name)} onPress={() => void keep()} />
          {canDiscard(entry) ? <Button title={outbox.discard} label={outbox.of(outbox.discard, name)} kind="danger" disabled={busy} onPress={() => void discard()} /> : null}
        </View>
      </Card>
    </View>
  );
}

const styles = StyleSheet.create({
  entry: { gap: space.m },
  head: { flexDirection: "row", gap: space.m },
  words: { flex: 1, minWidth: 0 },
  actions: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
});
