/** Nobody types in another window faster than that. Whatever else it is then, what was typed or chosen stays on the page. */
const MOST_LOOKS = 5;

/**
 * Looks, and acts on what was seen, anew as long as another window was quicker ("changed": nothing was done then). The last word,
 * which is "changed" only where another window always was.
 */
export async function untilSeen<T>(look: () => Promise<T | "changed">): Promise<T | "changed"> {
  for (let looks = 1; ; looks++) {
    const said = await look();
    if (said !== "changed" || looks === MOST_LOOKS) return said;
  }
}
