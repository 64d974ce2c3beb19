// Small things that several islands do with a page.

/** A text for assistive technology alone. Styled here, so that no page can forget to. */
export function hiddenVisually<T extends HTMLElement>(element: T): T {
  Object.assign(element.style, {
    position: "absolute",
    width: "1px",
    height: "1px",
    margin: "-1px",
    overflow: "hidden",
    clipPath: "inset(50%)",
    whiteSpace: "nowrap",
  });
  return element;
}

let speaker: HTMLElement | undefined;

/** Says something politely to whoever listens with a screen reader; the page stays as it is. */
export function announce(text: string): void {
  if (!speaker?.isConnected) {
    const found = document.querySelector<HTMLElement>("[role=status][data-announcer]");
    speaker = found ?? hiddenVisually(document.createElement("div"));
    speaker.setAttribute("role", "status");
    if (!found) document.body.append(speaker);
  }
  const target = speaker;
  // The same text twice is only spoken twice where it was gone in between.
  target.textContent = "";
  setTimeout(() => {
    target.textContent = text;
  }, 50);
}

/** `1 place`, `2 places`. */
export function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** Whether motion is wanted. */
export function reducedMotion(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** How long the page's first picture is waited for where the browser doesn't tell of it, in milliseconds. */
const PAINT_PATIENCE = 3000;

/** Calls once the page's text is to be seen. A page in a tab that nobody looks at is not painted; it waits no longer than any other. */
function afterFirstPaint(then: () => void): void {
  if (!PerformanceObserver.supportedEntryTypes.includes("paint")) return then();
  let patience: ReturnType<typeof setTimeout> | undefined;
  const done = () => {
    observer.disconnect();
    clearTimeout(patience);
    then();
  };
  const observer = new PerformanceObserver((list) => {
    if (list.getEntriesByName("first-contentful-paint").length > 0) done();
  });
  patience = setTimeout(done, PAINT_PATIENCE);
  observer.observe({ type: "paint", buffered: true });
}

/** Calls once the element is near the viewport, the page's text is to be seen, and the page has a moment. */
export function whenNear(element: Element, start: () => void): void {
  const idle = window.requestIdleCallback ?? ((callback: () => void) => setTimeout(callback, 200));
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      afterFirstPaint(() => idle(start, { timeout: 1000 }));
    },
    { rootMargin: "200px" },
  );
  observer.observe(element);
}

/** Headers of every request to the public API. */
export const API_HEADERS = { "Holdfast-Protocol": "1", Accept: "application/json" };
