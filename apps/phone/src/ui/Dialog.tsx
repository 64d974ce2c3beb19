import { createContext, type ReactNode, useCallback, useContext, useId, useMemo, useRef, useState } from "react";
import { StyleSheet, View } from "react-native";
import { words } from "../words";
import { Button } from "./Button";
import { DialogBox } from "./DialogBox";
import { space, useTheme } from "./theme";
import { Type } from "./Type";

export interface Asked {
  title: string;
  text: string;
  /** The words of the button that does it. */
  yes: string;
  danger?: boolean;
}

const Ask = createContext<(asked: Asked) => Promise<boolean>>(() => Promise.resolve(false));

/** Asks the person; false when they cancel in whatever way. */
export const useAsk = () => useContext(Ask);

/** Shows questions above everything else, one at a time. */
export function DialogProvider({ children }: { children: ReactNode }) {
  const { colors } = useTheme();
  const [asked, setAsked] = useState<Asked | null>(null);
  const answer = useRef<((yes: boolean) => void) | undefined>(undefined);
  const settle = useCallback((yes: boolean) => {
    answer.current?.(yes);
    answer.current = undefined;
    setAsked(null);
  }, []);
  const ask = useCallback(
    (next: Asked) =>
      new Promise<boolean>((resolve) => {
        answer.current?.(false);
        answer.current = resolve;
        setAsked(next);
      }),
    [],
  );
  const title = useId();
  const text = useId();
  const value = useMemo(() => ask, [ask]);
  return (
    <Ask.Provider value={value}>
      {children}
      <DialogBox isOpen={asked !== null} onClose={() => settle(false)} titleId={title} textId={text}>
        {asked ? (
          <View style={[styles.box, { backgroundColor: colors.raised, borderColor: colors.line }]}>
            <Type kind="title" heading={2} nativeID={title}>
              {asked.title}
            </Type>
            <Type nativeID={text}>{asked.text}</Type>
            <View style={styles.actions}>
              {/* First, though below: it has the focus when the question appears. */}
              <Button title={words.cancel} kind="quiet" onPress={() => settle(false)} />
              <Button title={asked.yes} kind={asked.danger ? "danger" : "primary"} onPress={() => settle(true)} />
            </View>
          </View>
        ) : null}
      </DialogBox>
    </Ask.Provider>
  );
}

const styles = StyleSheet.create({
  box: { width: "100%", maxWidth: 420, borderRadius: 20, borderWidth: StyleSheet.hairlineWidth, padding: space.xl, gap: space.m },
  actions: { flexDirection: "column-reverse", gap: space.s, paddingTop: space.s },
});
