/** "“A”", "“A” and “B”", "“A”, “B”, “C” and 2 more": at most `most` of them by name. */
export function listed(names: readonly string[], most = 3): string {
  const quoted = names.slice(0, most).map((name) => `“${name}”`);
  const last = names.length > most ? `${names.length - most} more` : quoted.pop();
  return [quoted.join(", "), last].filter(Boolean).join(" and ");
}

/** "1 place", "2 places". */
export const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
