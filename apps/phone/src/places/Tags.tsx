import { useRef } from "react";
import { StyleSheet, View } from "react-native";
import { Button } from "../ui/Button";
import { Chip } from "../ui/Chip";
import { Field } from "../ui/Field";
import { space } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { suggestions, withTags } from "./form";

/** What is in use and fits, to be taken by a touch. */
export function Suggested({ label, options, onUse, hash = "" }: { label: string; options: string[]; onUse: (option: string) => void; hash?: string }) {
  if (options.length === 0) return null;
  return (
    <View style={styles.row} role="group" aria-label={`${label}: ${words.place.suggestions}`}>
      <Type kind="note" tone="inkSoft" style={styles.lead}>
        {words.place.suggestions}
      </Type>
      {options.map((option) => (
        <Chip key={option} title={hash + option} label={words.place.use(hash + option)} onPress={() => onUse(option)} />
      ))}
    </View>
  );
}

/** The tags of a place: each can be taken away, others added. */
export function TagsField({
  tags,
  typed,
  inUse,
  onChange,
  problem,
}: {
  tags: readonly string[];
  /** The one that is being typed. */
  typed: string;
  inUse: string[];
  onChange: (tags: readonly string[], typed: string) => void;
  problem: string | undefined;
}) {
  const whole = useRef<View>(null);
  const add = (text: string) => onChange(withTags(tags, text), "");
  const remove = (tag: string) => {
    onChange(tags.filter((each) => each !== tag), typed);
    // Its button goes with it: whoever uses the keyboard stays with the tags. Not in the field, where a phone would show its keys.
    whole.current?.focus();
  };
  return (
    <View ref={whole} role="group" aria-label={words.place.tags} tabIndex={-1} style={styles.tags}>
      <View style={styles.field}>
        <View style={styles.grow}>
          <Field
            label={words.place.tags}
            placeholder={words.place.tagsPlaceholder}
            value={typed}
            problem={problem}
            // A comma ends a tag, as people write lists.
            onChangeText={(text) => (text.includes(",") ? add(text) : onChange(tags, text))}
            onSubmitEditing={() => typed.trim() && add(typed)}
            onBlur={() => typed.trim() && add(typed)}
            submitBehavior="submit"
            // The same, in the words that React Native's web form knows: another tag may follow.
            blurOnSubmit={false}
            autoCapitalize="none"
            enterKeyHint="done"
          />
        </View>
        {typed.trim() ? <Button title={words.place.addTag} onPress={() => add(typed)} style={styles.add} /> : null}
      </View>
      {tags.length > 0 ? (
        <View style={styles.row}>
          {tags.map((tag) => (
            <Chip key={tag} title={`#${tag}`} icon="close" label={words.place.removeTag(tag)} onPress={() => remove(tag)} />
          ))}
        </View>
      ) : null}
      <Suggested label={words.place.tags} options={suggestions(inUse, typed, tags)} onUse={add} hash="#" />
    </View>
  );
}

const styles = StyleSheet.create({
  tags: { gap: space.s },
  field: { flexDirection: "row", gap: space.s, alignItems: "flex-end" },
  grow: { flex: 1, minWidth: 0 },
  add: { flexShrink: 0 },
  row: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: space.s },
  lead: { paddingRight: space.xs },
});
