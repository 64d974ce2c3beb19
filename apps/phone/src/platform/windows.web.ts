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

/** Holds the id until the window is gone; false: another window holds it. Where there are no locks, nobody can be asked. */
function claim(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    const patience = new AbortController();
    setTimeout(() => patience.abort(), PATIENCE_MS);
    const hold = () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    try {
      navigator.locks.request(lockOf(id), { signal: patience.signal }, hold).catch(() => resolve(false));
    } catch {
      resolve(true);
    }
  });
}

async function begin(): Promise<string> {
  const before = remembered();
  if (before && (await claim(before))) return before;
  const id = newClientId();
  await claim(id);
  try {
    sessionStorage.setItem(NAME, id);
  } catch {
    // Known until the page is loaded again: then what it kept is a closed window's.
  }
  return id;
}

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);

// At once: until then a page that is loaded again is taken for a window that was closed.
const mine = begin();
void mine.then(() => tellWindows());

/** Names this window among those that keep drafts, also after a reload. */
export const thisWindow = (): Promise<string> => mine;

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
