/** The most that is asked for at once. */
const AT_ONCE = 500;

/** Asks until there are as many as are wanted by then, or no more; in pieces that no answer is too large for. */
export async function upTo<T, N>(ask: (limit: number, after: N | null) => Promise<{ items: T[]; next: N | null }>, wanted: () => number) {
  const items: T[] = [];
  let next: N | null = null;
  do {
    const page = await ask(Math.min(AT_ONCE, Math.max(1, wanted() - items.length)), next);
    items.push(...page.items);
    next = page.next;
  } while (next !== null && items.length < wanted());
  return { items, next };
}
