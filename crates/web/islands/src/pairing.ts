// The page that shows a pairing code: the device that uses it appears, and the code goes.

import { announce } from "./dom";

/** How often the server is asked while a code is on show, in milliseconds. */
const OFTEN = 3000;

const devicesOf = (page: ParentNode) => [...page.querySelectorAll<HTMLElement>("[data-device]")];

function used(card: HTMLElement, name: string): void {
  const words = document.createElement("p");
  const device = document.createElement("strong");
  device.append(Object.assign(document.createElement("bdi"), { textContent: name }));
  words.append(device, " is paired. A code pairs one device and is used up then.");
  const again = document.createElement("p");
  again.append(Object.assign(document.createElement("a"), { className: "button", href: "/devices", textContent: "Pair another device" }));
  card.querySelector(".split")?.replaceWith(words, again);
  announce(`${name} is paired.`);
}

/** Asks until a device has come that was not there, or the code can be used no more. `refresh` brings the page up to date. */
export function watchPairing(card: HTMLElement, refresh: () => Promise<Document | undefined>): void {
  const known = new Set(devicesOf(document).map((device) => device.dataset.device));
  const until = new Date(card.dataset.until ?? "").getTime();
  let asking = false;
  const timer = setInterval(() => {
    if (Date.now() > until) return clearInterval(timer);
    if (asking || document.hidden) return;
    asking = true;
    void refresh()
      .then((page) => {
        const fresh = page && devicesOf(page).find((device) => !known.has(device.dataset.device));
        if (!fresh) return;
        clearInterval(timer);
        used(card, fresh.querySelector("h3")?.textContent?.trim() ?? "The device");
      })
      // The next time asks again.
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  }, OFTEN);
}
