import { useSyncExternalStore } from "react";

const scaled = new Set<() => void>();
let scale = 1;

/** An unseen box as wide as a letter is set to be: the browser tells of its size, and of nothing else when that setting is changed. */
function watchScale(): void {
  const letter = document.createElement("div");
  letter.style.cssText = "position:absolute;visibility:hidden;pointer-events:none;width:1rem;height:0";
  letter.setAttribute("aria-hidden", "true");
  document.documentElement.append(letter);
  const look = () => {
    const next = letter.getBoundingClientRect().width / 16 || 1;
    if (next === scale) return;
    scale = next;
    for (const changed of scaled) changed();
  };
  look();
  new ResizeObserver(look).observe(letter);
}
watchScale();

/** How much larger than the usual 16 px the browser is set to show text. */
export function useTextScale(): number {
  return useSyncExternalStore(
    (changed) => {
      scaled.add(changed);
      return () => void scaled.delete(changed);
    },
    () => scale,
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
