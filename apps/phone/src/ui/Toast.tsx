import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { AccessibilityInfo, Platform, Pressable, StyleSheet, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { Icon, type IconName } from "./Icon";
import { radius, space, TARGET, useTheme } from "./theme";
import { Type } from "./Type";

export interface Said {
  text: string;
  icon?: IconName;
  tone?: "accent" | "warning" | "danger";
  /** What can be done about it while it is shown. */
  action?: { title: string; onPress: () => void };
  /** How long it is shown, in milliseconds. With an action it stays longer: it takes time to decide. */
  ms?: number;
}

const Say = createContext<(said: Said) => void>(() => undefined);

/** Says something short at the bottom of the screen, and aloud to screen readers. A newer one takes its place. */
export const useSay = () => useContext(Say);

export function ToastProvider({ children }: { children: ReactNode }) {
  const { colors } = useTheme();
  const insets = useSafeAreaInsets();
  const [said, setSaid] = useState<Said | null>(null);
  const [held, setHeld] = useState(false);
  const counter = useRef(0);
  const say = useCallback((next: Said) => {
    counter.current += 1;
    setSaid(next);
    setHeld(false);
    // A browser's screen reader reads what comes into the live region below.
    if (Platform.OS !== "web") AccessibilityInfo.announceForAccessibility(next.text);
  }, []);
  useEffect(() => {
    if (!said || held) return;
    const timer = setTimeout(() => setSaid(null), said.ms ?? (said.action ? 8_000 : 4_000));
    return () => clearTimeout(timer);
  }, [said, held]);
  const value = useMemo(() => say, [say]);
  const tone = said?.tone ?? "accent";
  return (
    <Say.Provider value={value}>
      {children}
      <View pointerEvents="box-none" role="status" aria-live="polite" style={[styles.place, { bottom: insets.bottom + 76 }]}>
        {said ? (
          <View
            key={counter.current}
            style={[styles.toast, { backgroundColor: colors.raised, borderColor: colors.lineStrong }]}
            onPointerEnter={() => setHeld(true)}
            onPointerLeave={() => setHeld(false)}
          >
            <Icon name={said.icon ?? (tone === "accent" ? "check" : "attention")} tone={tone} size={22} />
            <Type kind="small" strong style={styles.words} onPress={() => setSaid(null)} role="none">
              {said.text}
            </Type>
            {said.action ? (
              <Pressable
                role="button"
                aria-label={said.action.title}
                // Whoever is at the button is about to press it.
                onFocus={() => setHeld(true)}
                onBlur={() => setHeld(false)}
                onPress={() => {
                  said.action?.onPress();
                  setHeld(false);
                  setSaid(null);
                }}
                style={styles.action}
              >
                <Type kind="action" tone="accent">
                  {said.action.title}
                </Type>
              </Pressable>
            ) : null}
          </View>
        ) : null}
      </View>
    </Say.Provider>
  );
}

const styles = StyleSheet.create({
  place: { position: "absolute", left: space.m, right: space.m, alignItems: "center" },
  toast: {
    flexDirection: "row",
    alignItems: "center",
    gap: space.m,
    minHeight: TARGET + 8,
    maxWidth: 520,
    paddingLeft: space.l,
    paddingRight: space.s,
    paddingVertical: space.xs,
    borderRadius: radius.l,
    borderWidth: StyleSheet.hairlineWidth,
    boxShadow: "0 6px 24px rgba(0, 0, 0, 0.18)",
  },
  words: { flexShrink: 1, paddingVertical: space.s, paddingRight: space.s },
  action: { minHeight: TARGET, minWidth: TARGET, paddingHorizontal: space.m, justifyContent: "center", borderRadius: radius.m },
});
