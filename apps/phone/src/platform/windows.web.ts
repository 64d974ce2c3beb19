// A window is known by an id in its sessionStorage, which outlives a reload, and holds a lock of that name as long as it lives: whoever
// asks for the locks knows which windows are open, however the others ended. A duplicated tab gets a copy of the sessionStorage, and
// finds the lock held: it is another window.

import { newClientId } from "../../core/src/core";

const NAME = "holdfast-window";
/** A page that is loaded again waits for the one before it to be gone, which takes a moment; a duplicated tab waits in vain. In milliseconds. */
const PATIENCE_MS = 500;
const lockOf = (id: string) => `${NAME}-${id}`;

function remembered(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/** Lets go of this window's lock. */
let release: (() => void) | undefined;

/** Takes the lock of this id and holds it; false: not given under these conditions. Where there are no locks, nobody can be asked. */
function hold(id: string, conditions: LockOptions = {}): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      navigator.locks
        .request(lockOf(id), conditions, (lock) => {
          resolve(lock !== null);
          return lock && new Promise<void>((end) => (release = end));
        })
        // Refused altogether, or waited for in vain.
        .catch(() => resolve(!conditions.signal));
    } catch {
      resolve(true);
    }
  });
}

/** An id from before the page was loaded: another window may hold it. Asked at once that is certain, however long the answer takes. */
async function claim(id: string): Promise<boolean> {
  if (await hold(id, { ifAvailable: true })) return true;
  const patience = new AbortController();
  setTimeout(() => patience.abort(), PATIENCE_MS);
  return hold(id, { signal: patience.signal });
}

/** An id that nobody else can have. It is this window's only once it is held: by then the others see that it is open. */
async function fresh(): Promise<string> {
  const id = newClientId();
  await hold(id);
  try {
    sessionStorage.setItem(NAME, id);
  } catch {
    // Known until the page is loaded again: then what it kept is a closed window's.
  }
  return id;
}

/** It was another page's before this one was loaded. */
let isFromBefore = false;

async function begin(): Promise<string> {
  const before = remembered();
  isFromBefore = before !== null && (await claim(before));
  return before !== null && isFromBefore ? before : fresh();
}

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);

// At once: until then a page that is loaded again is taken for a window that was closed.
let mine = begin();
void mine.then(() => tellWindows());

/** Names this window among those that keep drafts, also after a reload. */
export const thisWindow = (): Promise<string> => mine;

/**
 * From now on under an id under which no page before this one has kept anything. What was kept under the one from before is a closed
 * window's. Where the id is this page's own already, nothing is done: it knows all that is kept under it.
 */
export async function renameWindow(): Promise<void> {
  await mine;
  if (!isFromBefore) return;
  isFromBefore = false;
  const end = release;
  mine = fresh();
  await mine;
  end?.();
  tellWindows();
}

/** All that are open, this one among them. What cannot be asked is not open: what it typed is shown rather than hidden. */
export async function openWindows(): Promise<ReadonlySet<string>> {
  const open = new Set([await mine]);
  try {
    const { held } = await navigator.locks.query();
    for (const { name } of held ?? []) if (name?.startsWith(lockOf(""))) open.add(name.slice(lockOf("").length));
  } catch {
    // This one, for all that is known.
  }
  return open;
}

/** Lets the others know that what is kept has changed. */
export const tellWindows = (): void => channel?.postMessage(null);

/** Calls `listener` whenever another window says so, or has just been opened. Returns the function that ends it. */
export function onTold(listener: () => void): () => void {
  channel?.addEventListener("message", listener);
  return () => channel?.removeEventListener("message", listener);
}
