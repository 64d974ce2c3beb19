/** The page of this path stays although the browser went back: its address is shown again. */
export function comeBack(path: string): void {
  if (!location.pathname.endsWith(path)) history.forward();
}
