import { useEffect, useState } from "react";
import { AppState } from "react-native";
import { type Place, useCore } from "../core";
import { askAgain } from "../core/again";
import { useLatest } from "../ui/useLatest";
import { leftAt, onDrafts } from "./drafts";
import { typedLines } from "./form";
import type { Stray } from "./strays";

/** What windows that are closed by now have typed at the place beside what stands in its form; kept current. */
export function useLeft(place: Place): Stray[] {
  const core = useCore();
  const latest = useLatest(place);
  const [left, setLeft] = useState<Stray[]>([]);
  const { key } = place;
  useEffect(() => {
    let live = true;
    const again = askAgain(async () => {
      const left = await leftAt(latest.current);
      const strays = left.map(({ key, kept }) => ({ key, name: kept.shown.name, typed: typedLines(kept.draft, kept.shown), kept }));
      if (live) setLeft(strays);
    });
    again.ask();
    // Nothing says that a window was closed: whoever comes back to this one may have come from there.
    const wakes = AppState.addEventListener("change", (state) => state === "active" && again.ask());
    const ends = [core.subscribe(again.ask), onDrafts(again.ask), () => wakes.remove()];
    return () => {
      live = false;
      again.stop();
      for (const end of ends) end();
    };
  }, [core, key, latest]);
  return left;
}
