/** A phone's own touches follow what moves under them. The browser's: useStill.web.ts. */
export const useStill = <T>(value: T): T => value;
