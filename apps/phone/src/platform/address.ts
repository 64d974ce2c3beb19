/** Makes the address be this page's again; a phone shows none. */
export const comeBack = (_path: string): void => undefined;
