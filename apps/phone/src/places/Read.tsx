import { StyleSheet, View } from "react-native";
import type { Place } from "../core";
import { Card } from "../ui/Card";
import { space } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";

/** A place that can only be looked at: in the trash, or somebody else's. */
export function Read({ place }: { place: Place }) {
  const facts: [string, string | null][] = [
    [words.place.name, place.name],
    [words.place.note, place.note],
    [words.place.category, place.category],
    [words.place.tags, place.tags.map((tag) => `#${tag}`).join(" ") || null],
  ];
  const told = facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
  if (told.length === 0) return null;
  return (
    <Card>
      {told.map(([label, value]) => (
        <View key={label} style={styles.fact}>
          <Type kind="note" tone="inkSoft" strong>
            {label}
          </Type>
          <Type selectable>{value}</Type>
        </View>
      ))}
    </Card>
  );
}

const styles = StyleSheet.create({ fact: { gap: space.xs } });
