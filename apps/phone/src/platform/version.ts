/** New versions of the app: on a phone, the store's business. */
export const useAppVersion = (): { isReady: boolean; accept: () => void } => ({ isReady: false, accept: () => undefined });
