import type { ReactNode } from "react";

/** On iOS and Android the list's own RefreshControl does it. The browser's: PullToSync.web.tsx. */
export const PullToSync = ({ children }: { children: ReactNode; onPull: (() => unknown) | undefined; isSyncing: boolean }) => <>{children}</>;
