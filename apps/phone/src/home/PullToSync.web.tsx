import { type ReactNode, useEffect, useRef, useState } from "react";
import { ActivityIndicator, StyleSheet, View } from "react-native";
import { Icon } from "../ui/Icon";
import { radius, useTheme } from "../ui/theme";
import { useLatest } from "../ui/useLatest";

/** How far the finger draws until letting go syncs, in pixels of the finger. */
const FAR = 110;

/** React Native for the web has no RefreshControl: the list is drawn down by the finger where it is at its top. */
export function PullToSync({ children, onPull, isSyncing }: { children: ReactNode; onPull: (() => unknown) | undefined; isSyncing: boolean }) {
  const { colors } = useTheme();
  const box = useRef<View>(null);
  const [drawn, setDrawn] = useState(0);
  const pull = useLatest(onPull);
  useEffect(() => {
    const element = box.current as unknown as HTMLElement;
    let from: number | null = null;
    let far = 0;
    const scroller = (target: EventTarget | null) => (target as Element | null)?.closest<HTMLElement>("[role=main]");
    const start = (event: TouchEvent) => {
      from = pull.current && event.touches.length === 1 && (scroller(event.target)?.scrollTop ?? 1) <= 0 ? (event.touches[0]?.clientY ?? null) : null;
    };
    const move = (event: TouchEvent) => {
      if (from === null) return;
      far = (event.touches[0]?.clientY ?? 0) - from;
      if (far <= 0) {
        from = null;
        far = 0;
      }
      setDrawn(Math.max(0, far));
    };
    const end = () => {
      if (from !== null && far >= FAR) pull.current?.();
      from = null;
      far = 0;
      setDrawn(0);
    };
    element.addEventListener("touchstart", start, { passive: true });
    element.addEventListener("touchmove", move, { passive: true });
    element.addEventListener("touchend", end);
    element.addEventListener("touchcancel", end);
    return () => {
      element.removeEventListener("touchstart", start);
      element.removeEventListener("touchmove", move);
      element.removeEventListener("touchend", end);
      element.removeEventListener("touchcancel", end);
    };
  }, [pull]);
  const share = Math.min(1, drawn / FAR);
  return (
    <View ref={box} style={styles.box}>
      {children}
      {drawn > 8 || isSyncing ? (
        <View
          pointerEvents="none"
          aria-hidden
          style={[styles.sign, { backgroundColor: colors.raised, borderColor: colors.line, opacity: isSyncing ? 1 : share, top: isSyncing ? 12 : share * 28 - 16 }]}
        >
          {isSyncing ? <ActivityIndicator size="small" color={colors.accent} /> : <Icon name="sync" tone={share === 1 ? "accent" : "inkSoft"} />}
        </View>
      ) : null}
    </View>
  );
}

const styles = StyleSheet.create({
  box: { flex: 1 },
  sign: { position: "absolute", alignSelf: "center", width: 40, height: 40, borderRadius: radius.round, borderWidth: 1, alignItems: "center", justifyContent: "center" },
});
