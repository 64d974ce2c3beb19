import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { ActivityIndicator, StyleSheet, View } from "react-native";
import type { Core, Overview } from "../../core/src/core";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { COLUMN, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { askAgain } from "./again";
import { boundTo } from "./bound";
import { loadCore } from "./load";
import { useLatest } from "../ui/useLatest";

const CoreContext = createContext<Core | null>(null);
const OverviewContext = createContext<Overview | null>(null);

/** The core. Only below `CoreProvider`, which shows nothing else before there is one. */
export function useCore(): Core {
  const core = useContext(CoreContext);
  if (!core) throw new Error("useCore is called outside of CoreProvider");
  return core;
}

/** How this device stands; null until it has been asked for the first time. */
export const useOverview = (): Overview | null => useContext(OverviewContext);

type Opened = { core: Core } | { problem: { title: string; text: string } } | null;

/** Opens the core once (`load`: this platform's; always the same function), and shows the app, or why there is none. */
export function CoreProvider({ children, load = loadCore }: { children: ReactNode; load?: () => Promise<Core> }) {
  const [opened, setOpened] = useState<Opened>(null);
  const open = useCallback(() => {
    load().then(
      (core) => setOpened({ core }),
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        setOpened({ problem: { title: words.failure.notOpened, text } });
      },
    );
  }, [load]);
  useEffect(open, [open]);
  const openAgain = () => {
    setOpened(null);
    open();
  };
  if (!opened) return <Opening />;
  if ("problem" in opened) {
    return (
      <Middle>
        <Type kind="large" heading={1}>
          {words.app}
        </Type>
        <Notice tone="danger" title={opened.problem.title} text={opened.problem.text} urgent>
          <Button title={words.tryAgain} onPress={openAgain} />
        </Notice>
      </Middle>
    );
  }
  return <OpenedProvider core={opened.core}>{children}</OpenedProvider>;
}

function OpenedProvider({ core, children }: { core: Core; children: ReactNode }) {
  const [overview, setOverview] = useState<Overview | null>(null);
  const shown = useLatest(overview);
  const bound = useMemo(() => boundTo(core, () => shown.current?.store), [core, shown]);
  useEffect(() => {
    const again = askAgain(() => core.perform({ call: "overview" }).then(setOverview));
    again.ask();
    const end = core.subscribe(again.ask);
    return () => {
      end();
      again.stop();
    };
  }, [core]);
  return (
    <CoreContext.Provider value={bound}>
      <OverviewContext.Provider value={overview}>{children}</OverviewContext.Provider>
    </CoreContext.Provider>
  );
}

/** The first moment: quiet, and only seen where opening takes long. */
function Opening() {
  const { colors } = useTheme();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 400);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Middle>
      {late ? (
        <View role="status" style={styles.opening}>
          <ActivityIndicator color={colors.accent} />
          <Type tone="inkSoft">{words.loading}</Type>
        </View>
      ) : null}
    </Middle>
  );
}

function Middle({ children }: { children: ReactNode }) {
  const { colors } = useTheme();
  const style = useMemo(() => [styles.middle, { backgroundColor: colors.paper }], [colors]);
  return (
    <View role="main" style={style}>
      {children}
    </View>
  );
}

const styles = StyleSheet.create({
  middle: { flex: 1, justifyContent: "center", padding: space.xl, gap: space.l, width: "100%", maxWidth: COLUMN, alignSelf: "center" },
  opening: { alignItems: "center", gap: space.m },
});
