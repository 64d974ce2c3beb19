// Says that a page may be old: quietly, after a while without the server, until it is heard again.

/** A connection that is missing for less than this, in milliseconds, is nobody's concern. */
const PATIENCE = 10_000;

/** The words: the time of day, with the day where it is not today's. */
export function words(from: Date, now: Date, locale?: string): string {
  const isToday = from.toDateString() === now.toDateString();
  const format = new Intl.DateTimeFormat(locale, isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
  return `Not connected. What you see is from ${format.format(from)}.`;
}

export class Connection {
  /** Until when everything on the page is known to be so. */
  #from = new Date();
  #patience: ReturnType<typeof setTimeout> | undefined;
  readonly #line = document.createElement("p");

  constructor() {
    this.#line.className = "not-connected";
    this.#line.setAttribute("role", "status");
    document.body.append(this.#line);
  }

  /** The server has said something. */
  heard(): void {
    this.#from = new Date();
    this.rest();
    if (this.#line.textContent) this.#line.textContent = "";
  }

  /** It is not heard, and should be. */
  missed(): void {
    this.#patience ??= setTimeout(() => {
      this.#line.textContent = words(this.#from, new Date());
    }, PATIENCE);
  }

  /** Nobody listens at the moment. */
  rest(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}
