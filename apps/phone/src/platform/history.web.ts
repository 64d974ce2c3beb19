// Going back, the router asks the browser to go back too, and waits 100 ms for that. On a busy phone the browser is later. The router then
// takes its word for the person's own way back, and shows the page that the browser came to: whoever had tapped on a place meanwhile
// saw the list, as if they had not. Here a word that comes too late is kept from the router, and the browser is told where the
// app is by now.

/** As long as the router waits (createMemoryHistory.js of expo-router). */
const PATIENCE_MS = 100;
/** Nothing to go back to: no word comes at all. */
const NEVER_MS = 10_000;

interface Going {
  /** The router has ceased to wait. */
  isLate: boolean;
  /** What the router has written since, in order. */
  written: (() => void)[];
}

const goings: Going[] = [];
const { go, pushState, replaceState } = history;

history.go = (delta) => {
  const going: Going = { isLate: false, written: [] };
  goings.push(going);
  // Made after the router's own timer of the same length, so that it ends after it.
  setTimeout(() => (going.isLate = true), PATIENCE_MS);
  setTimeout(() => forget(going), NEVER_MS);
  go.call(history, delta);
};

/** Written where the browser is now; once more where it goes to, should it not have been there yet. */
const writing = (write: typeof pushState): typeof pushState =>
  function (...written) {
    for (const { written: since } of goings) since.push(() => write.apply(history, written));
    write.apply(history, written);
  };
history.pushState = writing(pushState);
history.replaceState = writing(replaceState);

const forget = (going: Going) => {
  const at = goings.indexOf(going);
  if (at >= 0) goings.splice(at, 1);
};

// Before the router's.
addEventListener("popstate", (event) => {
  const going = goings.shift();
  if (!going?.isLate) return;
  event.stopImmediatePropagation();
  for (const write of going.written) write();
});
