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
  /** What it is about. */
  facts?: readonly { label: string; text: string }[];
}

/** A question with two answers. */
export interface Chosen extends Asked {
  /** The words of the other answer. */
  other: string;
  /** The words of leaving it open. */
  no?: string;
}

/** What the person answered; null: they left it open, in whatever way. */
export type Answer = "yes" | "other" | null;

const Ask = createContext<(asked: Asked | Chosen) => Promise<Answer>>(() => Promise.resolve(null));

/** Lets the person choose between two answers. */
export const useChoose = (): ((asked: Chosen) => Promise<Answer>) => useContext(Ask);

/** Asks the person; false when they cancel in whatever way. */
export function useAsk(): (asked: Asked) => Promise<boolean> {
  const ask = useContext(Ask);
  return useCallback(async (asked) => (await ask(asked)) === "yes", [ask]);
}

/** Shows questions above everything else, one at a time. */
export function DialogProvider({ children }: { children: ReactNode }) {
  const { colors } = useTheme();
  const [asked, setAsked] = useState<(Asked & Partial<Chosen>) | null>(null);
  const answer = useRef<((given: Answer) => void) | undefined>(undefined);
  const settle = useCallback((given: Answer) => {
    answer.current?.(given);
    answer.current = undefined;
    setAsked(null);
  }, []);
  const ask = useCallback(
    (next: Asked | Chosen) =>
      new Promise<Answer>((resolve) => {
        answer.current?.(null);
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
      <DialogBox isOpen={asked !== null} onClose={() => settle(null)} titleId={title} textId={text}>
        {asked ? (
          <View style={[styles.box, { backgroundColor: colors.raised, borderColor: colors.line }]}>
            <Type kind="title" heading={2} nativeID={title}>
              {asked.title}
            </Type>
            <Type nativeID={text}>{asked.text}</Type>
            {asked.facts ? (
              <View style={styles.facts}>
                {asked.facts.map(({ label, text }) => (
                  <View key={label}>
                    <Type kind="note" strong tone="inkSoft">
                      {label}
                    </Type>
                    <Type selectable numberOfLines={6}>
                      {text}
                    </Type>
                  </View>
                ))}
              </View>
            ) : null}
            <View style={styles.actions}>
              {/* First, though below: it has the focus when the question appears. */}
              <Button title={asked.no ?? words.cancel} kind="quiet" onPress={() => settle(null)} />
              {asked.other ? <Button title={asked.other} onPress={() => settle("other")} /> : null}
              <Button title={asked.yes} kind={asked.danger ? "danger" : "primary"} onPress={() => settle("yes")} />
            </View>
          </View>
        ) : null}
      </DialogBox>
    </Ask.Provider>
  );
}

const styles = StyleSheet.create({
  box: { width: "100%", maxWidth: 420, borderRadius: 20, borderWidth: StyleSheet.hairlineWidth, padding: space.xl, gap: space.m },
  facts: { gap: space.s },
  actions: { flexDirection: "column-reverse", gap: space.s, paddingTop: space.s },
});
