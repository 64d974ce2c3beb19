import { useFocusEffect } from "expo-router";
import { useCallback, useRef } from "react";
import type { Text } from "react-native";
import { isSeen } from "../platform/seen";

/** A dialog that is closing has the focus to itself for a moment longer, in milliseconds. */
const CLOSED_MS = 60;

const isNowhere = () => document.activeElement === null || document.activeElement === document.body || !isSeen(document.activeElement);
/** On a phone, its keyboard would come up. */
const isTyped = (element: HTMLElement) => element.matches("input, textarea");

function focus(element: HTMLElement | null): boolean {
  if (!element || !isSeen(element)) return false;
  element.focus({ preventScroll: true });
  return document.activeElement === element;
}

/** The element itself, or the one that leads to the same page where the list was drawn anew. */
function still(element: HTMLElement): HTMLElement | null {
  if (element.isConnected) return element;
  const href = element.getAttribute("href");
  return href === null ? null : ([...document.querySelectorAll<HTMLElement>(`a[href="${CSS.escape(href)}"]`)].find(isSeen) ?? null);
}

/**
 * The page's heading, from which keyboard and screen reader go on when the page is shown, as on one that a browser loads. Whoever
 * comes back goes on from what they had left it by, and where what had the focus is gone, from the heading again. `isMain`: one of
 * the main three, where whoever comes by the bar stays on the bar.
 */
export function usePageFocus(isMain: boolean) {
  const heading = useRef<Text>(null);
  const last = useRef<HTMLElement | null>(null);
  useFocusEffect(
    useCallback(() => {
      const ours = () => heading.current as unknown as HTMLElement | null;
      const arrive = () => {
        const before = last.current && still(last.current);
        if (!before || isTyped(before) || !focus(before)) focus(ours());
      };
      const note = ({ target }: FocusEvent) => {
        // The page before hears of it as well, for a moment: it is not seen any more.
        const heading = ours();
        if (!(target instanceof HTMLElement) || !heading || !isSeen(heading)) return;
        held = target;
        if (!target.closest("dialog, [role=status], [role=navigation]")) last.current = target;
      };
      // A button that has done its work and is gone leaves the focus nowhere: on the page, in a question, or beside what is said.
      let held: HTMLElement | null = null;
      const gone = new MutationObserver(() => {
        if (held && !held.isConnected && isNowhere()) focus(ours());
      });
      if (!isMain || isNowhere()) arrive();
      const timer = setTimeout(() => isNowhere() && arrive(), CLOSED_MS);
      document.addEventListener("focusin", note);
      gone.observe(document.body, { childList: true, subtree: true });
      return () => {
        clearTimeout(timer);
        document.removeEventListener("focusin", note);
        gone.disconnect();
      };
    }, [isMain]),
  );
  return heading;
}
