/** What the browser calls the page that is shown: in its tab, and in its history, which others may read. */
export function setTitle(title: string): void {
  document.title = title;
}
