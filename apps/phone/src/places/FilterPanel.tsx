import { StyleSheet, View } from "react-native";
import { type StateFilter, useAnswer } from "../core";
import { Button } from "../ui/Button";
import { Choice } from "../ui/Chip";
import { space } from "../ui/theme";
import { words } from "../words";
import { chosen, type Filter, noFilter } from "./filter";

const states: { value: StateFilter | null; title: string }[] = [
  { value: null, title: words.list.all },
  { value: "savedOnDevice", title: words.states.savedOnDevice },
  { value: "sending", title: words.states.sending },
  { value: "synced", title: words.states.synced },
  { value: "needsAttention", title: words.states.needsAttention },
  { value: "withoutPosition", title: words.states.withoutPosition },
];

/** State, category and tag to filter by; only what is in use is offered. */
export function FilterPanel({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const { data } = useAnswer({ call: "inUse" });
  const options = (inUse: string[] | undefined, hash = "") => [
    { value: null as string | null, title: words.list.all },
    ...(inUse ?? []).map((each) => ({ value: each as string | null, title: hash + each })),
  ];
  return (
    <View style={styles.panel}>
      <Choice label={words.list.state} options={states} value={filter.state} onChange={(state) => onChange({ ...filter, state })} />
      {data?.categories.length ? (
        <Choice label={words.list.category} options={options(data.categories)} value={filter.category} onChange={(category) => onChange({ ...filter, category })} />
      ) : null}
      {data?.tags.length ? (
        <Choice label={words.list.tag} options={options(data.tags, "#")} value={filter.tag} onChange={(tag) => onChange({ ...filter, tag })} />
      ) : null}
      {chosen(filter) > 0 ? <Button title={words.list.clear} kind="quiet" onPress={() => onChange({ ...noFilter, text: filter.text })} style={styles.clear} /> : null}
    </View>
  );
}

const styles = StyleSheet.create({
  panel: { gap: space.m, paddingBottom: space.s },
  clear: { alignSelf: "flex-start" },
});
