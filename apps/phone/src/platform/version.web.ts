import { useSyncExternalStore } from "react";
import { accept, current, hold, subscribe } from "../../web/update";

/** New versions of the app: fetched by the service worker, used when the person says so. */
export function useAppVersion(): { isReady: boolean; isAccepted: boolean; accept: () => void } {
  const { isReady, isAccepted } = useSyncExternalStore(subscribe, current);
  // Without a new version, loading the page again is all that can be done.
  return { isReady, isAccepted, accept: () => (isReady ? void accept() : location.reload()) };
}

/** What is under way until the returned function is called must not be interrupted by a new version. */
export const holdVersion = hold;
