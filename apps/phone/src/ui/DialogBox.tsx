import type { ReactNode } from "react";
import { Modal, Pressable, ScrollView, StyleSheet, View } from "react-native";
import { space, useTheme } from "./theme";

export interface DialogBoxProps {
  isOpen: boolean;
  onClose: () => void;
  /** The ids of what names and describes it, for browsers. */
  titleId: string;
  textId: string;
  children: ReactNode;
}

/** The box of a question, above everything else. The browser's: DialogBox.web.tsx. */
export function DialogBox({ isOpen, onClose, children }: DialogBoxProps) {
  const { colors, reducedMotion } = useTheme();
  return (
    <Modal visible={isOpen} transparent animationType={reducedMotion ? "none" : "fade"} onRequestClose={onClose}>
      <View accessibilityViewIsModal style={[styles.shade, { backgroundColor: colors.shade }]}>
        <Pressable style={StyleSheet.absoluteFill} onPress={onClose} accessible={false} />
        {/* A long question in large letters: the buttons are at its end, within reach. */}
        <ScrollView style={styles.scroll} contentContainerStyle={styles.scrolled} bounces={false}>
          {children}
        </ScrollView>
      </View>
    </Modal>
  );
}

const styles = StyleSheet.create({
  shade: { flex: 1, alignItems: "center", justifyContent: "center", padding: space.l },
  scroll: { flexGrow: 0, flexShrink: 1, width: "100%", maxWidth: 420 },
  scrolled: { flexGrow: 0 },
});
