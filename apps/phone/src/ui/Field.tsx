import { forwardRef, useId, useState } from "react";
import { Platform, StyleSheet, TextInput, type TextInputProps, View } from "react-native";
import { letters, radius, space, TARGET, useTheme } from "./theme";
import { Type } from "./Type";

export interface FieldProps extends TextInputProps {
  label: string;
  /** Why the value can't be taken. */
  problem?: string | undefined;
  hint?: string;
}

/** A text field with its label above, and what is wrong with it below. */
export const Field = forwardRef<TextInput, FieldProps>(function Field({ label, problem, hint, style, multiline, onFocus, onBlur, ...props }, ref) {
  const { colors, textScale } = useTheme();
  const [focused, setFocused] = useState(false);
  const id = useId();
  const below = problem ?? hint;
  // Browsers read the description from the element; React Native has only the hint for it.
  const described = Platform.OS === "web" ? { "aria-describedby": below ? id : undefined, "aria-invalid": Boolean(problem) } : {};
  return (
    <View style={styles.field}>
      <Type kind="small" strong>
        {label}
      </Type>
      <TextInput
        ref={ref}
        aria-label={label}
        accessibilityHint={below}
        {...described}
        placeholderTextColor={colors.inkSoft}
        selectionColor={colors.accent}
        multiline={multiline}
        {...props}
        onFocus={(event) => {
          setFocused(true);
          onFocus?.(event);
        }}
        onBlur={(event) => {
          setFocused(false);
          onBlur?.(event);
        }}
        style={[
          styles.input,
          {
            color: colors.ink,
            backgroundColor: colors.surface,
            borderColor: problem ? colors.danger : focused ? colors.accent : colors.lineStrong,
            fontSize: letters.body.size * textScale,
          },
          multiline && [styles.tall, { lineHeight: letters.body.line * textScale }],
          style,
        ]}
      />
      {below ? (
        <Type nativeID={id} kind="small" tone={problem ? "danger" : "inkSoft"} role={problem ? "alert" : undefined}>
          {below}
        </Type>
      ) : null}
    </View>
  );
});

const styles = StyleSheet.create({
  field: { gap: space.xs, minWidth: 0 },
  input: { minHeight: TARGET, paddingHorizontal: space.m, paddingVertical: space.s, borderWidth: 1, borderRadius: radius.m, width: "100%" },
  tall: { minHeight: 104, paddingTop: space.m, textAlignVertical: "top" },
});
