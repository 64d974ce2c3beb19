/** What a screen remembers for its own comfort; nothing is lost with it. On a phone: until the app ends. */
const kept = new Map<string, string>();

export const remembered = (key: string): string | null => kept.get(key) ?? null;
export const remember = (key: string, value: string): void => void kept.set(key, value);
