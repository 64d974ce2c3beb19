/** What is read where nobody can say what is kept; in memory that is never so. */
export const UNANSWERED: unique symbol = Symbol("unanswered");

const here = new Map<string, unknown>();

/** What was typed and not saved, by key. On a phone: until the app ends. The browser's: drafts.web.ts. */
export const keptDrafts = {
  read: (key: string): Promise<unknown> => Promise.resolve(here.get(key)),
  answers: (): Promise<void> => Promise.resolve(),
  keys: (): Promise<string[]> => Promise.resolve([...here.keys()]),
  write: (key: string, value: unknown): Promise<void> => Promise.resolve(void here.set(key, value)),
  /** Unless something is kept there already. Says whether it is kept now, for good. */
  add(key: string, value: unknown): Promise<boolean> {
    if (here.has(key)) return Promise.resolve(false);
    here.set(key, value);
    return Promise.resolve(true);
  },
  /** If it is, by then, what `isIt` says. */
  dropIf: (key: string, isIt: (value: unknown) => boolean): Promise<void> => Promise.resolve(void (here.has(key) && isIt(here.get(key)) && here.delete(key))),
  drop: (key: string): Promise<void> => Promise.resolve(void here.delete(key)),
  /** To another key, unless something is kept there already: then both stay where they are. Gives what was moved, as it is kept now; undefined: nothing was. */
  move(from: string, to: string, changed: (value: unknown) => unknown): Promise<unknown> {
    if (!here.has(from) || here.has(to)) return Promise.resolve(undefined);
    const moved = changed(here.get(from));
    here.set(to, moved);
    here.delete(from);
    return Promise.resolve(moved);
  },
};
