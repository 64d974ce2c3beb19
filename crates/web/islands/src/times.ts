// The server's times become the reader's own: their zone, their way to write it.

const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Rewrites the times below an element; what the server had written stays as the title. */
export function localTimes(below: ParentNode): void {
  for (const time of below.querySelectorAll<HTMLTimeElement>("time[datetime]:not([data-local])")) {
    const moment = new Date(time.dateTime);
    // A date alone has no zone to move to.
    if (!time.dateTime.endsWith("Z") || Number.isNaN(moment.getTime())) continue;
    time.dataset.local = "";
    time.title ||= time.textContent?.trim() ?? "";
    time.textContent = format.format(moment);
  }
}

/** Reduces the times of a copy to their moments, so that it compares with what the server sends. */
export function serverTimes(copy: ParentNode): void {
  for (const time of copy.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    time.textContent = time.dateTime;
    time.removeAttribute("title");
    time.removeAttribute("data-local");
  }
}
