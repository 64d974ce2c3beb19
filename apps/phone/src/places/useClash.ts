import { useCallback } from "react";
import { copy } from "../platform/copy";
import { useChoose } from "../ui/Dialog";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { type Clash, factsOf, valuesOf } from "./clash";

/** Asks what shall stand where saving would overwrite what the person has not seen. Null: neither, for now. */
export function useClash(): { decide: (clashes: Clash[]) => Promise<"mine" | "now" | null>; tell: (clashes: Clash[], kept: "mine" | "now") => void } {
  const choose = useChoose();
  const say = useSay();
  const decide = useCallback(
    async (clashes: Clash[]) => {
      const { title, text, keepMine: yes, keepNow: other, later: no } = words.clash;
      const answer = await choose({ title, text, facts: factsOf(clashes), yes, other, no });
      return answer === "yes" ? "mine" : answer === "other" ? "now" : null;
    },
    [choose],
  );
  const tell = useCallback(
    (clashes: Clash[], kept: "mine" | "now") => {
      // The other side is no more: it can be taken from here as long as this is shown.
      const lost = valuesOf(clashes, kept === "mine" ? "now" : "mine");
      const onPress = () => void copy(lost).then((copied) => say(copied ? { text: words.lost.copied } : { text: words.lost.notCopied, tone: "warning" }));
      say({ text: words.clash.kept[kept], ms: 20_000, ...(lost && { action: { title: words.clash.copy[kept], onPress } }) });
    },
    [say],
  );
  return { decide, tell };
}
