// Forms: unsaved work is not lost by accident, and nothing is sent twice.

/** After this long a form may be sent again: the reply was a download, or never came. */
const AGAIN = 10_000;

function content(form: HTMLFormElement): string {
  const values = [...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : value.name]);
  return JSON.stringify(values);
}

/** Asks before a page is left whose form `[data-guard]` was edited. `data-guard="edited"`: it already holds unsaved work. */
export function guard(form: HTMLFormElement): void {
  const saved = form.dataset.guard === "edited" ? "" : content(form);
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
    if (!sending && form.isConnected && content(form) !== saved) event.preventDefault();
  });
}

/** Stops a second submit of a form while the first is under way. */
export function sendOnce(page: Document): void {
  const underWay = new Map<HTMLFormElement, ReturnType<typeof setTimeout>>();
  const buttons = (form: HTMLFormElement) =>
    [...form.elements].filter((element) => element.matches("button:not([type=button]):not([type=reset]), input[type=submit]"));
  const release = (form: HTMLFormElement) => {
    clearTimeout(underWay.get(form));
    underWay.delete(form);
    for (const button of buttons(form)) button.removeAttribute("aria-disabled");
  };
  page.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (underWay.has(form)) return event.preventDefault();
    // Stopped by somebody else, or nothing that is sent.
    if (event.defaultPrevented || form.method === "dialog") return;
    underWay.set(form, setTimeout(() => release(form), AGAIN));
    for (const button of buttons(form)) button.setAttribute("aria-disabled", "true");
  });
  // The page came back out of the browser's cache, as it was when it was left.
  addEventListener("pageshow", () => [...underWay.keys()].forEach(release));
}
