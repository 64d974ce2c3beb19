// Forms: unsaved work is not lost by accident, and nothing is sent twice.

/** After this long a form may be sent again: the reply was a download, or never came. */
const AGAIN = 10_000;

/** An input of one line drops line ends from its value, and a text area writes them its own way. */
const plain = (text: string) => text.replace(/[\r\n]+/g, "");

function isChanged(control: Element): boolean {
  if (control instanceof HTMLTextAreaElement) return plain(control.value) !== plain(control.defaultValue);
  if (control instanceof HTMLSelectElement) return [...control.options].some((option) => option.selected !== option.defaultSelected);
  if (!(control instanceof HTMLInputElement)) return false;
  return control.checked !== control.defaultChecked || plain(control.value) !== plain(control.defaultValue);
}

/**
 * Whether a form `[data-guard]` holds what the server doesn't have: something else than it came with, also where the browser
 * filled that in on the way back. `data-guard="edited"`: it came with unsaved work.
 */
export function isEdited(form: HTMLFormElement): boolean {
  return form.dataset.guard === "edited" || [...form.elements].some(isChanged);
}

/** The buttons that send a form. */
export const senders = (form: HTMLFormElement): Element[] =>
  [...form.elements].filter((element) => element.matches("button:not([type=button]):not([type=reset]), input[type=submit]"));

/** Asks before a page is left whose form `[data-guard]` was edited. */
export function guard(form: HTMLFormElement): void {
  let sending = false;
  form.addEventListener("submit", (event) => {
    // Only where nobody stops it.
    setTimeout(() => {
      sending = !event.defaultPrevented;
    });
    sending = true;
  });
  addEventListener("pageshow", () => {
    sending = false;
  });
  addEventListener("beforeunload", (event) => {
    if (!sending && form.isConnected && isEdited(form)) event.preventDefault();
  });
}

/** Stops a second submit of a form while the first is under way. */
export function sendOnce(page: Document): void {
  const underWay = new Map<HTMLFormElement, ReturnType<typeof setTimeout>>();
  const release = (form: HTMLFormElement) => {
    clearTimeout(underWay.get(form));
    underWay.delete(form);
    for (const button of senders(form)) button.removeAttribute("aria-disabled");
  };
  page.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (underWay.has(form)) return event.preventDefault();
    // Stopped by somebody else, or nothing that is sent.
    if (event.defaultPrevented || form.method === "dialog") return;
    underWay.set(form, setTimeout(() => release(form), AGAIN));
    for (const button of senders(form)) button.setAttribute("aria-disabled", "true");
  });
  // The page came back out of the browser's cache, as it was when it was left.
  addEventListener("pageshow", () => [...underWay.keys()].forEach(release));
}
