// A browser vibrates only where there is a motor and the person has touched the page; elsewhere nothing happens.

const vibrate = (pattern: number | number[]) => {
  if (typeof navigator.vibrate === "function") navigator.vibrate(pattern);
};

/** Felt under the finger: it is saved. */
export const feelSaved = () => vibrate(20);
/** Felt under the finger: it is not. */
export const feelFailed = () => vibrate([40, 60, 40]);
