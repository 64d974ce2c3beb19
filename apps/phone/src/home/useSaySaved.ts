import { useCallback } from "react";
import { useOverview } from "../core";
import { withWarning } from "../places/words";
import { type Said, useSay } from "../ui/Toast";

/** Says that something is saved on this phone, with the warning where the browser has not promised to keep it. */
export function useSaySaved(): (said: Said) => void {
  const say = useSay();
  const isKept = useOverview()?.storage.persisted === "granted";
  return useCallback((said) => say({ ...said, text: withWarning(said.text, isKept), tone: isKept ? (said.tone ?? "accent") : "warning", icon: said.icon ?? "check" }), [say, isKept]);
}
