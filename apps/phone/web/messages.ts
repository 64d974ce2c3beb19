// What pages say to the service worker.

/** "Take over now": said to one that waits, because the person asked for the new version or opened the app anew. */
export const TAKE_OVER = "take-over";

/** "This page has loaded all that it starts with": said to the one that served it. */
export const LOADED = "loaded";
