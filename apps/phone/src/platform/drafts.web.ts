// IndexedDB rather than localStorage: a finished transaction is with the browser's own process, so that it outlives a tab that is
// killed; what is put into localStorage reaches the disk seconds later. Storage may be refused altogether, be full, or not answer; then
// the window remembers.

const NAME = "holdfast-drafts";
const STORE = "drafts";
/** Nobody waits longer for what was typed before, or for what is typed to be stored, in milliseconds. */
const PATIENCE_MS = 4_000;

/** What is read where nobody can say what is kept. */
export const UNANSWERED: unique symbol = Symbol("unanswered");

let opened: Promise<IDBDatabase | null> | undefined;

function open(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => {
        // The person clears the site's data, or a later version of the app changes the store.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opened;
}

/** One transaction; null where there is no storage, or it fails. They end in the order in which they are begun. */
async function inStore<T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  const database = await open();
  if (!database) return null;
  return new Promise((resolve) => {
    try {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => resolve(null);
    } catch {
      // Closed by the browser: opened anew by the next one.
      opened = undefined;
      resolve(null);
    }
  });
}

/** As long as the store owes an answer for which was waited in vain. Nobody waits for another one meanwhile. */
let silence: { isOver: Promise<void>; end: () => void } | null = null;

function beSilent(): void {
  if (silence) return;
  let end = () => {};
  const isOver = new Promise<void>((resolve) => (end = resolve));
  silence = { isOver, end };
}

/** The answer if it comes in time, or else null, after `onLate`. */
function inTime<T>(answer: Promise<T | null>, onLate: () => void = () => undefined): Promise<T | null> {
  return new Promise((resolve) => {
    const late = () => {
      beSilent();
      onLate();
      resolve(null);
    };
    const patience = setTimeout(late, silence ? 0 : PATIENCE_MS);
    void answer.then((value) => {
      clearTimeout(patience);
      silence?.end();
      silence = null;
      resolve(value);
    });
  });
}

/** What is kept, as far as this page knows: all that it has kept itself. */
const here = new Map<string, unknown>();
/** Of these keys the store does not know the newest, which failed, or has not ended in time: what is `here` counts, or that nothing is. */
const unstored = new Set<string>();
const newest = new Map<string, symbol>();

/** A change of these keys begins. What is returned is told how it has ended, and again where that has changed; a later change outdoes it. */
function changing(...keys: string[]): (isStored: boolean) => void {
  const mine = Symbol("change");
  for (const key of keys) newest.set(key, mine);
  return (isStored) => {
    for (const key of keys) {
      if (newest.get(key) !== mine) continue;
      if (isStored) unstored.delete(key);
      else unstored.add(key);
    }
  };
}

/** What is kept, if this is stored. */
const now = (key: string, stored: unknown): unknown => (unstored.has(key) ? here.get(key) : stored);

/** What is asked of the store; at once null while it is silent. */
const look = <T>(ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> => (silence ? Promise.resolve(null) : inTime(inStore("readonly", ask)));

async function change<T>(ended: (isStored: boolean) => void, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<void> {
  const stored = inStore("readwrite", ask).then((answer) => answer !== null);
  // Also long after nobody waits any more.
  void stored.then(ended);
  if (!(await inTime(stored))) ended(false);
}

/** What was typed and not saved, by key. Nothing here fails, nor takes long: it is a second net below the form itself. */
export const keptDrafts = {
  /** `UNANSWERED` where the store does not say, and this page has kept nothing there. */
  async read(key: string): Promise<unknown> {
    const stored = await look<unknown>((store) => store.get(key));
    // Nothing stored is an answer, too: another window may have let it go.
    if (stored !== null || unstored.has(key)) return now(key, stored);
    return here.has(key) ? here.get(key) : UNANSWERED;
  },
  /** Fulfilled once the store answers again, where it does not at the moment. */
  answers: (): Promise<void> => silence?.isOver ?? Promise.resolve(),
  async keys(): Promise<string[]> {
    const stored = await look((store) => store.getAllKeys());
    if (stored === null) return [...here.keys()];
    return [...new Set([...stored.map(String).filter((key) => !unstored.has(key)), ...[...unstored].filter((key) => here.has(key))])];
  },
  write(key: string, value: unknown): Promise<void> {
    here.set(key, value);
    return change(changing(key), (store) => store.put(value, key));
  },
  /** Unless something is kept there already. Says whether it is kept now, for good. */
  async add(key: string, value: unknown): Promise<boolean> {
    let isAdded = false;
    let isLate = silence !== null;
    const ask = (store: IDBObjectStore) => {
      const found = store.get(key);
      found.onsuccess = () => {
        if (now(key, found.result) !== undefined || isLate) return;
        isAdded = true;
        store.put(value, key);
      };
      return found;
    };
    const stored = isLate ? null : await inTime(inStore("readwrite", ask), () => (isLate = true));
    if (stored === null || !isAdded) return false;
    here.set(key, value);
    changing(key)(true);
    return true;
  },
  /** If it is, by then, what `isIt` says: another window may have kept something newer. */
  async dropIf(key: string, isIt: (value: unknown) => boolean): Promise<void> {
    let ended: ((isStored: boolean) => void) | undefined;
    const isGone = (value: unknown): boolean => {
      if (value === undefined || !isIt(value)) return false;
      here.delete(key);
      ended = changing(key);
      return true;
    };
    const ask = (store: IDBObjectStore) => {
      const found = store.get(key);
      found.onsuccess = () => void (isGone(now(key, found.result)) && store.delete(key));
      return found;
    };
    await change(
      (isStored) => {
        // Not even read: this window's own is known all the same.
        if (!isStored && !ended) isGone(here.get(key));
        ended?.(isStored);
      },
      ask,
    );
  },
  drop(key: string): Promise<void> {
    here.delete(key);
    return change(changing(key), (store) => store.delete(key));
  },
  /**
   * To another key, unless something is kept there already: then both stay where they are. At once, whatever other windows do: of two that
   * move the same, one does. Gives what was moved, as it is kept now; undefined: nothing was.
   */
  async move(from: string, to: string, changed: (value: unknown) => unknown): Promise<unknown> {
    let moved: unknown;
    let isLate = silence !== null;
    const ask = (store: IDBObjectStore) => {
      const target = store.get(to);
      target.onsuccess = () => {
        if (now(to, target.result) !== undefined) return;
        const source = store.get(from);
        source.onsuccess = () => {
          const value = now(from, source.result);
          // Nobody would know of it.
          if (value === undefined || isLate) return;
          moved = changed(value);
          store.put(moved, to);
          store.delete(from);
        };
      };
      return target;
    };
    const stored = isLate ? null : await inTime(inStore("readwrite", ask), () => (isLate = true));
    const isUnderWay = isLate && moved !== undefined;
    if (stored === null && !isUnderWay) {
      if (!here.has(from) || here.has(to)) return undefined;
      moved = changed(here.get(from));
    }
    if (moved === undefined) return undefined;
    here.set(to, moved);
    here.delete(from);
    changing(from, to)(stored !== null);
    return moved;
  },
};
