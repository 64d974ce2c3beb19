/**
 * Asks when told to, one question at a time: what is told while one is under way leads to exactly one more, so that many
 * changes at once cost few questions, and the last answer is never older than the last change.
 */
export function askAgain(question: () => Promise<unknown>): { ask: () => void; stop: () => void } {
  let running = false;
  let wanted = false;
  let stopped = false;
  const ask = () => {
    if (stopped) return;
    if (running) {
      wanted = true;
      return;
    }
    running = true;
    // Whoever asks handles the failure; here it only must not end the asking.
    question()
      .catch(() => undefined)
      .finally(() => {
        running = false;
        if (!wanted) return;
        wanted = false;
        ask();
      });
  };
  return {
    ask,
    stop: () => {
      stopped = true;
    },
  };
}
