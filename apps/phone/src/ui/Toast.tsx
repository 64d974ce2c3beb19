import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { AccessibilityInfo, Platform, Pressable, ScrollView, StyleSheet, useWindowDimensions, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { Icon, type IconName } from "./Icon";
import { radius, space, TARGET, useTheme } from "./theme";
import { Type } from "./Type";
import { useFreeSpot } from "./useFreeSpot";

export interface Said {
  text: string;
  icon?: IconName;
  tone?: "accent" | "warning" | "danger";
  /** What can be done about it while it is shown. */
  action?: { title: string; onPress: () => void };
  /** How long it is shown, in milliseconds. With an action it stays longer: it takes time to decide. */
  ms?: number;
}

/** The words take at most this share of the window's height: what they speak of stays in sight. */
const MOST = 0.3;

const Say = createContext<(said: Said) => void>(() => undefined);

/** Says something short at the bottom of the screen, and aloud to screen readers. A newer one takes its place. */
export const useSay = () => useContext(Say);

export function ToastProvider({ children }: { children: ReactNode }) {
  const { colors, textScale } = useTheme();
  const { height, width } = useWindowDimensions();
  const insets = useSafeAreaInsets();
  const [said, setSaid] = useState<(Said & { number: number }) | null>(null);
  const [held, setHeld] = useState(false);
  const counter = useRef(0);
  const offered = useRef<string | undefined>(undefined);
  const say = useCallback((next: Said) => {
    counter.current += 1;
    const number = counter.current;
    const isSameOffer = next.action !== undefined && next.action.title === offered.current;
    offered.current = next.action?.title;
    setSaid({ ...next, number });
    // Its button stays then, and so does whoever is at it.
    setHeld((was) => was && isSameOffer);
    // A browser's screen reader reads what comes into the live region below.
    if (Platform.OS !== "web") AccessibilityInfo.announceForAccessibility(next.text);
  }, []);
  useEffect(() => {
    if (!said || held) return;
    const timer = setTimeout(() => setSaid(null), said.ms ?? (said.action ? 8_000 : 4_000));
    return () => clearTimeout(timer);
  }, [said, held]);
  const dismiss = () => {
    setHeld(false);
    setSaid(null);
  };
  const box = useRef<View>(null);
  // Above the tabs, or what a page has at its foot; both grow with the letters.
  const bottom = useFreeSpot(box, said?.number, insets.bottom + 76 + 30 * (textScale - 1));
  const value = useMemo(() => say, [say]);
  const tone = said?.tone ?? "accent";
  // Where letters are large the words may have to be scrolled: by the keyboard too.
  const reached = Platform.OS === "web" && textScale > 1.25 ? { tabIndex: 0 as const, role: "group" as const, "aria-label": said?.text } : {};
  return (
    <Say.Provider value={value}>
      {children}
      <View pointerEvents="box-none" testID="toast" role="status" aria-live="polite" style={[styles.place, { bottom, left: insets.left + space.m, right: insets.right + space.m }]}>
        {said ? (
          <View
            // One that offers the same stays the same to whoever is at its button, or about to press it.
            key={said.action?.title ?? said.number}
            ref={box}
            // Few words have their button beside them, too.
            style={[styles.toast, { backgroundColor: colors.raised, borderColor: colors.lineStrong }, said.action && { minWidth: Math.min(280 * textScale, width - insets.left - insets.right - 2 * space.m) }]}
            // A finger leaves the screen without a word.
            onPointerEnter={({ nativeEvent }) => nativeEvent.pointerType === "mouse" && setHeld(true)}
            onPointerLeave={() => setHeld(false)}
          >
            <ScrollView style={[styles.scroll, { maxHeight: height * MOST, flexBasis: 170 * textScale }]} contentContainerStyle={styles.text} {...reached}>
              <Icon name={said.icon ?? (tone === "accent" ? "check" : "attention")} tone={tone} size={22} />
              <Type kind="small" strong style={styles.words} onPress={dismiss} role="none">
                {said.text}
              </Type>
            </ScrollView>
            {said.action ? (
              <Pressable
                role="button"
                aria-label={said.action.title}
                // Whoever is at the button is about to press it.
                onFocus={() => setHeld(true)}
                onBlur={() => setHeld(false)}
                onPress={() => {
                  dismiss();
                  // Last: what it says at once is to be seen.
                  said.action?.onPress();
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
  place: { position: "absolute", alignItems: "center" },
  toast: {
    flexDirection: "row",
    flexWrap: "wrap",
    alignItems: "center",
    alignContent: "center",
    justifyContent: "flex-end",
    minHeight: TARGET + 8,
    maxWidth: 520,
    paddingLeft: space.l,
    paddingRight: space.s,
    paddingVertical: space.xs,
    borderRadius: radius.l,
    borderWidth: StyleSheet.hairlineWidth,
    boxShadow: "0 6px 24px rgba(0, 0, 0, 0.18)",
  },
  // Beside its button while there is room for words, above it where there is not.
  scroll: { flexGrow: 1, flexShrink: 1 },
  text: { flexDirection: "row", alignItems: "center", gap: space.m },
  words: { flexShrink: 1, paddingVertical: space.s, paddingRight: space.s },
  action: { minHeight: TARGET, minWidth: TARGET, paddingHorizontal: space.m, justifyContent: "center", borderRadius: radius.m },
});
