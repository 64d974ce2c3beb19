// Going back, the router asks the browser to go back too, and waits 100 ms for that. On a busy phone the browser is later. The router then
// takes its word for the person's own way back, and shows the page that the browser came to: whoever had tapped on a place meanwhile
// saw the list, as if they had not. Here a word that comes too late is kept from the router, and the browser is told where the
// app is by now. It is known by the entry that it comes to: anywhere else, it is the person's.

/** As long as the router waits (createMemoryHistory.js of expo-router). */
const PATIENCE_MS = 100;
/** After that it is taken that no word comes: there was nothing to go back to, or the browser has dropped it. */
const NEVER_MS = 3_000;

type Id = string | undefined;
interface Going {
  /** The entries between which the router meant to go; `to` undefined where it is not known. */
  from: Id;
  to: Id;
  /** The router has ceased to wait. */
  isLate: boolean;
  /** What the router has written since, in order. */
  written: (() => void)[];
}

/** The router gives each entry an id. */
const idOf = (state: unknown): Id => (state as { id?: string } | null)?.id;

const goings: Going[] = [];
/** The browser's entries since this page was loaded, as far as they are known, and where it is among them. */
let entries: Id[] = [idOf(history.state)];
let at = 0;

const { go, pushState, replaceState } = history;

history.go = (delta = 0) => {
  const going: Going = { from: entries[at], to: entries[at + delta], isLate: false, written: [] };
  goings.push(going);
  // Made after the router's own timer of the same length, so that it ends after it.
  setTimeout(() => (going.isLate = true), PATIENCE_MS);
  setTimeout(() => forget(going), NEVER_MS);
  go.call(history, delta);
};

const forget = (going: Going) => {
  const i = goings.indexOf(going);
  if (i >= 0) goings.splice(i, 1);
};

const push = (...written: Parameters<typeof pushState>) => {
  pushState.apply(history, written);
  entries = [...entries.slice(0, at + 1), idOf(written[0])];
  at += 1;
};
const replace = (...written: Parameters<typeof replaceState>) => {
  replaceState.apply(history, written);
  entries[at] = idOf(written[0]);
};

/** Written where the browser is now; once more where it goes to, should it not have been there yet. */
const writing = (write: typeof pushState): typeof pushState =>
  function (...written) {
    for (const { written: since } of goings) since.push(() => write(...written));
    write(...written);
  };
history.pushState = writing(push);
history.replaceState = writing(replace);

// Before the router's.
addEventListener("popstate", (event) => {
  const id = idOf(event.state);
  const known = entries.indexOf(id);
  if (known < 0) entries = [id];
  at = Math.max(known, 0);
  // A way back that begins only after the router has gone on ends where it should have begun.
  const i = goings.findIndex(({ from, to }) => to === undefined || id === to || id === from);
  // What was meant before one that is answered, or before the person's own way, is over.
  const going = goings.splice(0, i < 0 ? goings.length : i + 1).at(-1);
  if (i < 0 || !going?.isLate) return;
  event.stopImmediatePropagation();
  for (const write of going.written) write();
});
