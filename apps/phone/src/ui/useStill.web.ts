import { useState, useSyncExternalStore } from "react";

/** No tap lasts longer, in milliseconds; and a browser may not tell of a finger that has left. */
const TAP_MS = 5_000;

let isDown = false;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function set(down: boolean): void {
  clearTimeout(timer);
  if (down) timer = setTimeout(() => set(false), TAP_MS);
  if (isDown === down) return;
  isDown = down;
  for (const listener of listeners) listener();
}

addEventListener("pointerdown", () => set(true), true);
// The click comes after the finger has left: before anything else is drawn.
addEventListener("pointerup", () => setTimeout(() => set(false)), true);
// It scrolls, or the browser has taken it.
addEventListener("pointercancel", () => set(false), true);

const subscribe = (changed: () => void) => {
  listeners.add(changed);
  return () => void listeners.delete(changed);
};

/**
 * What stood there when a finger came down, until it has left: a browser gives a tap to nobody where what it began on has moved away
 * or was replaced. The value has to be the same one as long as nothing changes.
 */
export function useStill<T>(value: T): T {
  const down = useSyncExternalStore(subscribe, () => isDown);
  const [shown, setShown] = useState({ value });
  if (!down && shown.value !== value) setShown({ value });
  return down ? shown.value : value;
}
