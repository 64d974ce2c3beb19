// The page that a pairing link leads to in a browser.

/** The code of an address: what stands behind its `#`, where that can be one. */
export function codeOf(hash: string): string | null {
  const code = hash.slice(1).trim().toUpperCase();
  return /^[A-Z0-9]{4}(-?[A-Z0-9]{4})+$/.test(code) ? code : null;
}

/** Writes the code where it belongs. It stays in this browser: what stands behind a `#` is not sent. */
export function fillCode(page: HTMLElement): void {
  const code = codeOf(location.hash);
  if (!code) return;
  for (const place of page.querySelectorAll("[data-pair-code]")) place.textContent = code;
  for (const app of page.querySelectorAll<HTMLAnchorElement>("a[href='/app/sign-in']")) app.hash = code;
}
