// Times as a person says them. The locale decides the form, the clock of the device the zone.

const DAY = 86_400_000;

const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);

/** Formats with the locale of the device, or with the one that a test names. */
export interface TimeFormat {
  locale?: string;
  timeZone?: string;
}

function format(time: number, options: Intl.DateTimeFormatOptions, { locale, timeZone }: TimeFormat): string {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone }).format(time);
}

/** "14:02", in the way of the locale. */
export function clock(time: number, how: TimeFormat = {}): string {
  return format(time, { timeStyle: "short" }, how);
}

/**
 * For lists: "just now", "4 min ago", "Today 14:02", "Yesterday 14:02", "Tue 14:02" within a week, else a date with its
 * year where that is not this one.
 */
export function when(time: number, now: number, how: TimeFormat = {}): string {
  const ago = now - time;
  // The clock of a screen goes on in steps: what has just come may be ahead of it.
  if (ago >= -60_000 && ago < 60_000) return "just now";
  if (ago >= 60_000 && ago < 3_600_000) return `${Math.floor(ago / 60_000)} min ago`;
  const days = Math.round((midnight(now) - midnight(time)) / DAY);
  if (days === 0) return `Today ${clock(time, how)}`;
  if (days === 1) return `Yesterday ${clock(time, how)}`;
  return moment(time, now, how);
}

/** Such a time in the middle of a sentence: "today 14:02". Names of days and months keep their capital. */
export const within = (time: string): string => time.replace(/^(?:Today|Yesterday)/, (word) => word.toLowerCase());

/** For comparing two sides: "Tue 14:02" within a week, else "3 Nov 14:02", with the year where it is not this one. */
export function moment(time: number, now: number, how: TimeFormat = {}): string {
  const days = Math.round((midnight(now) - midnight(time)) / DAY);
  if (days >= 0 && days < 7) return `${format(time, { weekday: "short" }, how)} ${clock(time, how)}`;
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  const date = format(time, { day: "numeric", month: "short", year: sameYear ? undefined : "numeric" }, how);
  return `${date}, ${clock(time, how)}`;
}

/** In full, for facts: "Tuesday, 3 November 2026 at 14:02". */
export function inFull(time: number, how: TimeFormat = {}): string {
  return format(time, { dateStyle: "full", timeStyle: "short" }, how);
}

/** How long something waits: "less than a minute", "12 minutes", "3 hours", "2 days". */
export function since(time: number, now: number): string {
  const minutes = Math.floor(Math.max(0, now - time) / 60_000);
  const many = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return many(minutes, "minute");
  if (minutes < 48 * 60) return many(Math.floor(minutes / 60), "hour");
  return many(Math.floor(minutes / (24 * 60)), "day");
}
