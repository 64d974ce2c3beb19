import { type Href, useNavigation, useRoute, useRouter } from "expo-router";
import { createContext, type ReactNode, type RefObject, useCallback, useContext, useEffect, useRef } from "react";

const First = createContext<RefObject<string | null>>({ current: null });

/** Remembers with which page the app was opened. Around the stack; `Page` around each of its pages. */
export function Way({ children }: { children: ReactNode }) {
  const first = useRef<string | null>(null);
  return <First.Provider value={first}>{children}</First.Provider>;
}

export function Page({ children }: { children: ReactNode }) {
  const first = useContext(First);
  const { key } = useRoute();
  const navigation = useNavigation();
  useEffect(() => {
    if (navigation.isFocused()) first.current ??= key;
  }, [first, key, navigation]);
  return children;
}

/**
 * Back to where the person came from. Whoever came by a link, or has loaded the page anew, came from nowhere: they get to `parent`,
 * the page to which this one belongs.
 */
export function useBack(parent: Href): () => void {
  const router = useRouter();
  const first = useContext(First);
  const { key } = useRoute();
  return useCallback(() => {
    if (router.canGoBack() && (first.current !== key || parent === "/")) router.back();
    else router.dismissTo(parent);
  }, [router, first, key, parent]);
}
