const here = new Map<string, unknown>();

/** What was typed and not saved, by key. On a phone: until the app ends. The browser's: drafts.web.ts. */
export const keptDrafts = {
  read: (key: string): Promise<unknown> => Promise.resolve(here.get(key)),
  keys: (): Promise<string[]> => Promise.resolve([...here.keys()]),
  write: (key: string, value: unknown): Promise<void> => Promise.resolve(void here.set(key, value)),
  drop: (key: string): Promise<void> => Promise.resolve(void here.delete(key)),
  /** To another key, unless something is kept there already: then both stay where they are. Says whether it was moved. */
  move(from: string, to: string, changed: (value: unknown) => unknown): Promise<boolean> {
    const moves = here.has(from) && !here.has(to);
    if (moves) {
      here.set(to, changed(here.get(from)));
      here.delete(from);
    }
    return Promise.resolve(moves);
  },
};
