// Storage may be refused altogether; then it is remembered as long as the window is open.

const kept = new Map<string, string>();
const name = (key: string) => `holdfast-${key}`;

/** What a screen remembers for its own comfort; nothing is lost with it. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(name(key)) ?? kept.get(key) ?? null;
  } catch {
    return kept.get(key) ?? null;
  }
}

export function remember(key: string, value: string): void {
  kept.set(key, value);
  try {
    localStorage.setItem(name(key), value);
  } catch {
    // Kept above.
  }
}
