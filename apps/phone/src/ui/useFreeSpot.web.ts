import { type RefObject, useLayoutEffect, useState } from "react";
import type { View } from "react-native";
import { isSeen } from "../platform/seen";
import { freeSpot, type Span } from "./freeSpot";

/** The part of a main button that is seen; null where none is. */
function seen(button: HTMLElement): DOMRect | null {
  if (!isSeen(button)) return null;
  const around = button.closest("[role=main]")?.getBoundingClientRect() ?? new DOMRect(0, 0, innerWidth, innerHeight);
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const [from, to] = [Math.max(top, around.top), Math.min(bottom, around.bottom)];
  return to > from ? new DOMRect(left, from, right - left, to - from) : null;
}

/**
 * How far from the bottom the words are shown: `usual`, or as near to it as they hide no main button of the page. They stay where they
 * are as long as they hide none: nothing moves under a finger without need. `shown` tells one from the next.
 */
export function useFreeSpot(box: RefObject<View | null>, shown: number | undefined, usual: number): number {
  const [spot, setSpot] = useState({ shown, bottom: usual });
  useLayoutEffect(() => {
    const element = box.current as unknown as HTMLElement | null;
    if (shown === undefined || !element) return;
    const look = () => {
      const own = element.getBoundingClientRect();
      const buttons: Span[] = [];
      for (const button of document.querySelectorAll<HTMLElement>("[data-main]")) {
        const at = seen(button);
        if (at && at.left < own.right && at.right > own.left) buttons.push({ from: innerHeight - at.bottom, to: innerHeight - at.top });
      }
      setSpot((before) => {
        const bottom = freeSpot({ buttons, height: own.height, room: innerHeight, usual, now: before.shown === shown ? before.bottom : usual });
        return before.shown === shown && before.bottom === bottom ? before : { shown, bottom };
      });
    };
    look();
    // Another page, or more of this one.
    let frame = 0;
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    const changes = new MutationObserver(soon);
    changes.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style"] });
    addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      changes.disconnect();
      removeEventListener("resize", soon);
    };
  }, [box, shown, usual]);
  return spot.shown === shown ? spot.bottom : usual;
}
