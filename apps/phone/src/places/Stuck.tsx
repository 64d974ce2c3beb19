import { copy } from "../platform/copy";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { dropDraft, keepAgain } from "./drafts";
import type { Stray } from "./strays";

/** What was typed and can't be saved where it was typed: to be seen, taken elsewhere, or let go. `why` says why, and introduces it. */
export function Stuck({ typed, why, letGo }: { typed: string; why: string; letGo: () => void }) {
  const say = useSay();
  const take = async () => {
    const copied = await copy(typed);
    say(copied ? { text: words.lost.copied } : { text: words.lost.notCopied, tone: "warning" });
  };
  return (
    <Notice icon="edit" title={words.draft.stuck} text={why} quote={typed}>
      {typed ? <Button title={words.draft.copy} onPress={() => void take()} /> : null}
      <Button title={words.place.revert} kind="quiet" onPress={letGo} />
    </Notice>
  );
}

/** The same without a place: nothing else has it, so that letting it go can be undone. */
export function StrayText({ stray: { key, name, typed, kept } }: { stray: Stray }) {
  const say = useSay();
  const letGo = async () => {
    await dropDraft(key);
    say({ text: words.draft.letGo, action: { title: words.undo, onPress: () => void keepAgain(key, kept).then(() => say({ text: words.draft.kept })) } });
  };
  return <Stuck typed={typed} why={words.draft.stuckGone(name ?? words.unnamed)} letGo={() => void letGo()} />;
}
