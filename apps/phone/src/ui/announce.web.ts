let region: HTMLElement | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Has a screen reader say this, through a live region that is not seen. */
export function announce(words: string): void {
  if (!region) {
    region = document.createElement("div");
    region.setAttribute("aria-live", "polite");
    region.setAttribute("role", "status");
    region.className = "visually-hidden";
    document.body.append(region);
  }
  const said = region;
  said.textContent = "";
  clearTimeout(timer);
  // A region that is filled in the moment it appears, or with the same words, is not read.
  timer = setTimeout(() => {
    said.textContent = words;
  }, 60);
}
