import { StyleSheet, TextInput, View } from "react-native";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { letters, radius, space, TARGET, useTheme } from "../ui/theme";
import { words } from "../words";

/** The search field, and the button that shows the filters. */
export function Search({ text, onText, count, isOpen, onToggle }: { text: string; onText: (text: string) => void; count: number; isOpen: boolean; onToggle: () => void }) {
  const { colors, textScale } = useTheme();
  return (
    <View {...({ role: "search" } as object)} style={styles.row}>
      <View style={[styles.box, { backgroundColor: colors.surface, borderColor: colors.line }]}>
        <Icon name="search" tone="inkSoft" />
        <TextInput
          aria-label={words.list.search}
          placeholder={textScale > 1.5 ? words.list.searchShort : words.list.search}
          placeholderTextColor={colors.inkSoft}
          value={text}
          onChangeText={onText}
          inputMode="search"
          enterKeyHint="search"
          autoCorrect={false}
          autoCapitalize="none"
          style={[styles.input, { color: colors.ink, fontSize: letters.body.size * textScale }]}
        />
        {text ? <IconButton icon="close" label={words.list.clearSearch} tone="inkSoft" onPress={() => onText("")} /> : null}
      </View>
      <IconButton icon="filter" label={count > 0 ? words.list.filterOn(count) : words.list.filter} count={count} aria-expanded={isOpen} onPress={onToggle} />
    </View>
  );
}

const styles = StyleSheet.create({
  row: { flexDirection: "row", alignItems: "center", gap: space.xs },
  box: { flex: 1, flexDirection: "row", alignItems: "center", gap: space.s, minHeight: TARGET, paddingLeft: space.m, borderRadius: radius.m, borderWidth: 1, minWidth: 0 },
  input: { flex: 1, minWidth: 0, minHeight: TARGET, borderRadius: radius.s, outlineOffset: -3 } as object,
});
