import { useCommand, useOverview } from "../core";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";
import { size } from "./size";

/** How safely this device keeps what it keeps. */
export function Storage() {
  const overview = useOverview();
  const { run, busy } = useCommand();
  const say = useSay();
  if (!overview) return null;
  const { persisted, used } = overview.storage;
  const ask = async () => {
    const storage = await run({ call: "persist" });
    if (!storage) return;
    const granted = storage.persisted === "granted";
    say({ text: granted ? words.settings.persisted.granted : words.settings.persistNo, tone: granted ? "accent" : "warning", ms: 8_000 });
  };
  return (
    <Card title={words.settings.storage}>
      <Type kind="small" tone={persisted === "granted" ? "ink" : "warning"}>
        {words.settings.persisted[persisted]}
      </Type>
      {used === null ? null : (
        <Type kind="note" tone="inkSoft">
          {words.settings.used(size(used))}
        </Type>
      )}
      {persisted === "granted" ? null : <Button title={words.settings.persist} busy={busy} onPress={() => void ask()} />}
    </Card>
  );
}
