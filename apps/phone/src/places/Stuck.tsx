import { copy } from "../platform/copy";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { keepAgain, letGo as letGoOf } from "./drafts";
import { emptiedIn } from "./form";
import type { Stray } from "./strays";

/** It stands beside a form. `use`: which it can be put into; null as long as something else is typed there, or nothing can be. */
interface Beside {
  use: (() => void) | null;
}

/**
 * What was typed and can't be saved where it was typed: to be seen, taken elsewhere, or let go. `why` says why, and introduces it;
 * `emptied` what there is to see where nothing was typed.
 */
export function Stuck({ typed, emptied, why, letGo, beside }: { typed: string; emptied?: string; why: string; letGo: () => void; beside?: Beside | undefined }) {
  const say = useSay();
  const take = async () => {
    const copied = await copy(typed);
    say(copied ? { text: words.lost.copied } : { text: words.lost.notCopied, tone: "warning" });
  };
  return (
    <Notice icon="edit" title={words.draft.stuck} text={why} quote={typed || emptied}>
      {beside?.use ? <Button title={words.draft.use} onPress={beside.use} /> : null}
      {typed ? <Button title={words.draft.copy} onPress={() => void take()} /> : null}
      <Button title={beside ? words.draft.drop : words.place.revert} kind="quiet" onPress={letGo} />
    </Notice>
  );
}

/** The same without a form: nothing else has it, so that letting it go can be undone. Its place is gone, unless `beside` its form it is said `why`. */
export function StrayText({ stray: { key, name, typed, kept }, beside }: { stray: Stray; beside?: Beside & { why: string } }) {
  const say = useSay();
  const letGo = async () => {
    await letGoOf(key, kept);
    say({ text: words.draft.letGo, action: { title: words.undo, onPress: () => void keepAgain(key, kept).then(() => say({ text: words.draft.kept })) } });
  };
  const emptied = words.draft.emptied(emptiedIn(kept.draft, kept.shown).map((field) => words.place[field]));
  return <Stuck typed={typed} emptied={emptied} why={beside?.why ?? words.draft.stuckGone(name ?? words.unnamed)} letGo={() => void letGo()} beside={beside} />;
}
