const here = new Map<string, unknown>();

/** What was typed and not saved, by the key of its place. On a phone: until the app ends. The browser's: drafts.web.ts. */
export const keptDrafts = {
  read: (key: string): Promise<unknown> => Promise.resolve(here.get(key)),
  keys: (): Promise<string[]> => Promise.resolve([...here.keys()]),
  write: (key: string, value: unknown): Promise<void> => Promise.resolve(void here.set(key, value)),
  drop: (key: string): Promise<void> => Promise.resolve(void here.delete(key)),
  /** To another key, unless something is kept there already: then both stay where they are. */
  move(from: string, to: string, changed: (value: unknown) => unknown): Promise<void> {
    if (here.has(from) && !here.has(to)) {
      here.set(to, changed(here.get(from)));
      here.delete(from);
    }
    return Promise.resolve();
  },
};
