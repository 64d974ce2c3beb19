/** New versions of the app: on a phone, the store's business. */
export const useAppVersion = (): { isReady: boolean; isAccepted: boolean; accept: () => void } => ({
  isReady: false,
  isAccepted: false,
  accept: () => undefined,
});

/** What is under way until the returned function is called must not be interrupted by a new version. */
export const holdVersion = (): (() => void) => () => undefined;
