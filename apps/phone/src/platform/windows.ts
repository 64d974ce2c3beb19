/** Names this window among those that keep drafts. On a phone there is one. The browser's: windows.web.ts. */
export const thisWindow = (): Promise<string> => Promise.resolve("app");

/** All that are open, this one among them. */
export const openWindows = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set(["app"]));

/** From now on under a name under which nothing was kept before. On a phone all that was is known. */
export const renameWindow = (): Promise<void> => Promise.resolve();

/** Lets the others know that what is kept has changed. */
export const tellWindows = (): void => undefined;

/** Calls `listener` whenever another window says so, or has just been opened. Returns the function that ends it. */
export const onTold = (_listener: () => void): (() => void) => () => undefined;
