// Buttons that copy a text: `<button data-copy="text">`.

import { announce } from "./dom";

/** How long the button says that it has worked. */
const SAID = 2000;

async function write(text: string): Promise<void> {
  // Without TLS, as on a home network, there is no clipboard object.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser refused");
}

/** Listens on the whole page, as buttons may come later. */
export function copyButtons(page: Document): void {
  const before = new WeakMap<Element, { text: string | null; timer: ReturnType<typeof setTimeout> }>();
  const say = (button: HTMLElement, text: string) => {
    const known = before.get(button);
    if (known) clearTimeout(known.timer);
    const original = known ? known.text : button.textContent;
    // The button keeps its width, so that nothing beside it moves.
    button.style.minWidth = `${button.offsetWidth}px`;
    button.textContent = text;
    const timer = setTimeout(() => {
      button.textContent = original;
      button.style.minWidth = "";
      before.delete(button);
    }, SAID);
    before.set(button, { text: original, timer });
    announce(text);
  };
  page.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (!button) return;
    write(button.dataset.copy ?? "").then(
      () => say(button, "Copied"),
      () => say(button, "Could not copy"),
    );
    // Copying without a clipboard object takes the focus away.
    button.focus({ preventScroll: true });
  });
}
