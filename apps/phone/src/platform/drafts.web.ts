// IndexedDB rather than localStorage: a finished transaction is with the browser's own process, so that it outlives a tab that is
// killed; what is put into localStorage reaches the disk seconds later. Storage may be refused altogether; then the window remembers.

const NAME = "holdfast-drafts";
const STORE = "drafts";
/** A page does not wait longer for what was typed before, in milliseconds. */
const PATIENCE_MS = 4_000;
const inTime = <T>(answer: Promise<T | null>): Promise<T | null> => Promise.race([answer, new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS))]);

const here = new Map<string, unknown>();
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

/** What was typed and not saved, by key. Nothing here fails: it is a second net below the form itself. */
export const keptDrafts = {
  async read(key: string): Promise<unknown> {
    const stored = await inTime(inStore<unknown>("readonly", (store) => store.get(key)));
    // Nothing stored is an answer: another window may have let it go.
    return stored === null ? here.get(key) : stored;
  },
  async keys(): Promise<string[]> {
    const stored = await inTime(inStore("readonly", (store) => store.getAllKeys()));
    return stored === null ? [...here.keys()] : stored.map(String);
  },
  async write(key: string, value: unknown): Promise<void> {
    here.set(key, value);
    await inStore("readwrite", (store) => store.put(value, key));
  },
  async drop(key: string): Promise<void> {
    here.delete(key);
    await inStore("readwrite", (store) => store.delete(key));
  },
  /**
   * To another key, unless something is kept there already: then both stay where they are. At once, whatever other windows do: of two that
   * move the same, one does. Gives what was moved, as it is kept now; undefined: nothing was.
   */
  async move(from: string, to: string, changed: (value: unknown) => unknown): Promise<unknown> {
    let moved: unknown;
    const stored = await inStore("readwrite", (store) => {
      const target = store.get(to);
      target.onsuccess = () => {
        if (target.result !== undefined) return;
        const source = store.get(from);
        source.onsuccess = () => {
          if (source.result === undefined) return;
          moved = changed(source.result);
          store.put(moved, to);
          store.delete(from);
        };
      };
      return target;
    });
    if (stored === null) {
      if (!here.has(from) || here.has(to)) return undefined;
      moved = changed(here.get(from));
    }
    if (moved === undefined) return undefined;
    here.set(to, moved);
    here.delete(from);
    return moved;
  },
};
