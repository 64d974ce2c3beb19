// On a phone the router has no browser's history to agree with. The browser's: history.web.ts.
export {};
