import { useSyncExternalStore } from "react";

/** How much larger than the usual 16 px the browser is set to show text. */
export function useTextScale(): number {
  return useSyncExternalStore(
    (changed) => {
      addEventListener("resize", changed);
      return () => removeEventListener("resize", changed);
    },
    () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1,
  );
}

const motion = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether things are not to move. */
export function useReducedMotion(): boolean {
  return useSyncExternalStore(
    (changed) => {
      motion.addEventListener("change", changed);
      return () => motion.removeEventListener("change", changed);
    },
    () => motion.matches,
  );
}
