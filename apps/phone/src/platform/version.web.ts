import { useSyncExternalStore } from "react";
import { accept, current, subscribe } from "../../web/update";

/** New versions of the app: fetched by the service worker, used when the person says so. */
export function useAppVersion(): { isReady: boolean; accept: () => void } {
  const { isReady } = useSyncExternalStore(subscribe, current);
  // Without a new version, loading the page again is all that can be done.
  return { isReady, accept: () => (isReady ? void accept() : location.reload()) };
}
