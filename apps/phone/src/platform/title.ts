/** What a browser calls the page; phones have no such thing. The browser's: title.web.ts. */
export function setTitle(_title: string): void {}
