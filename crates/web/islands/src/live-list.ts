// Merges the rows of a freshly rendered list into the one being read, without moving what is read.

import { planMerge, type Row } from "./live-rules";
import { localTimes, serverTimes } from "./times";

/** What a row says, without what this page's islands have changed about it and what differs with every rendering. */
export function says(row: HTMLElement): string {
  const copy = row.cloneNode(true) as HTMLElement;
  serverTimes(copy);
  for (const name of ["aria-current", "data-hover"]) copy.removeAttribute(name);
  for (const hidden of copy.querySelectorAll("input[type=hidden]")) hidden.removeAttribute("value");
  return copy.outerHTML.replace(/\s+/g, " ");
}

const rowsOf = (list: ParentNode) => [...list.querySelectorAll<HTMLElement>(":scope > [data-place]")];
const idOf = (row: HTMLElement) => row.dataset.place ?? "";
const asRow = (row: HTMLElement): Row => ({ id: idOf(row), says: says(row) });

/** Somebody is at this row: has the focus in it, or has opened something of it. */
function isHeld(row: HTMLElement): boolean {
  return row.contains(document.activeElement) || row.querySelector("details[open], dialog[open], [data-open]") !== null;
}

/** What scrolls the list: an element around it, or the page. */
function scrollerOf(list: HTMLElement): HTMLElement {
  for (let at: HTMLElement | null = list; at && at !== document.body; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at.scrollHeight > at.clientHeight) return at;
  }
  return (document.scrollingElement as HTMLElement | null) ?? document.documentElement;
}

/**
 * Runs a change of the list while the first row in view that survives it stays where it is on the screen. Somebody who is at
 * the very top stays there, and sees what is new.
 */
function keepingPlace(list: HTMLElement, survives: (row: HTMLElement) => boolean, change: () => void): void {
  const scroller = scrollerOf(list);
  if (scroller.scrollTop < 1) return change();
  const top = scroller === document.scrollingElement ? 0 : scroller.getBoundingClientRect().top;
  const anchor = rowsOf(list).find((row) => row.getBoundingClientRect().bottom > top + 1 && survives(row));
  const id = anchor && idOf(anchor);
  const before = anchor?.getBoundingClientRect().top ?? 0;
  // The browser's own anchoring would do half of it a second time.
  scroller.style.setProperty("overflow-anchor", "none");
  change();
  const now = id === undefined ? undefined : rowsOf(list).find((row) => idOf(row) === id);
  if (now) scroller.scrollTop += now.getBoundingClientRect().top - before;
  requestAnimationFrame(() => scroller.style.removeProperty("overflow-anchor"));
}

/** Merges. `added`: how many places are new; `held`: some row stayed as it was because somebody is at it. */
export function refreshList(page: Document, fresh: Document): { added: number; held: boolean } {
  const list = page.querySelector<HTMLElement>("#places[data-list]");
  const nextList = fresh.querySelector<HTMLElement>("#places[data-list]");
  if (!list || !nextList) return { added: 0, held: false };
  const old = rowsOf(list);
  const next = rowsOf(nextList);
  const held = new Set(old.filter(isHeld).map(idOf));
  const plan = planMerge(old.map(asRow), next.map(asRow), held);
  const elements = new Map(old.map((row) => [idOf(row), row]));
  const rendered = new Map(next.map((row) => [idOf(row), row]));
  const removed = new Set(plan.remove);

  keepingPlace(
    list,
    (row) => !removed.has(idOf(row)),
    () => {
      for (const id of plan.remove) elements.get(id)?.remove();
      let last: Element | null = null;
      for (const { id, action } of plan.rows) {
        let row = elements.get(id);
        if (action !== "keep" || !row) {
          const source = rendered.get(id);
          if (!source) continue;
          const imported = page.importNode(source, true);
          localTimes(imported);
          if (row) {
            if (row.hasAttribute("aria-current")) imported.setAttribute("aria-current", "true");
            row.replaceWith(imported);
          }
          row = imported;
        }
        const follower: Element | null = last ? last.nextElementSibling : list.firstElementChild;
        // Moving a row takes its focus away, so what stands right is not touched.
        if (row !== follower) move(list, row, follower);
        last = row;
      }
    },
  );
  return { added: plan.added, held: plan.held };
}

function move(list: HTMLElement, row: HTMLElement, before: Element | null): void {
  const focused = row.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  list.insertBefore(row, before);
  focused?.focus({ preventScroll: true });
}
