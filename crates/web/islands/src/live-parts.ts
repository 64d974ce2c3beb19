// Parts of a page that are simply rendered anew: `[data-live-part]` with an id.

import { serverTimes, localTimes } from "./times";

const plain = (element: Element) => {
  const copy = element.cloneNode(true) as HTMLElement;
  serverTimes(copy);
  for (const hidden of copy.querySelectorAll("input[type=hidden]")) hidden.removeAttribute("value");
  return copy.innerHTML.replace(/\s+/g, " ");
};

/** Takes over each part that has changed, unless somebody is at it. */
export function refreshParts(page: Document, fresh: Document): void {
  for (const part of page.querySelectorAll<HTMLElement>("[data-live-part][id]")) {
    const next = fresh.getElementById(part.id);
    if (!next || plain(part) === plain(next)) continue;
    if (part.contains(document.activeElement) || part.querySelector("details[open], dialog[open]")) continue;
    const nodes = [...next.childNodes].map((node) => page.importNode(node, true));
    part.replaceChildren(...nodes);
    localTimes(part);
  }
}
