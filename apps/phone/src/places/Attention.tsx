import { useRouter } from "expo-router";
import { StyleSheet, View } from "react-native";
import { useStanding } from "../capture/ended";
import type { PlacePage } from "../core";
import { usePromises } from "../home/useConnection";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { space } from "../ui/theme";
import { Type } from "../ui/Type";
import { words } from "../words";
import { StateChip } from "./StateChip";
import { stateMeaning } from "./words";

/** How the place stands: its state, what that means, and what to do where something is to be done. */
export function Standing({ page, isTyping = false }: { page: PlacePage; isTyping?: boolean }) {
  const router = useRouter();
  const promises = usePromises();
  const { place, question, entries } = page;
  const { state } = useStanding(place);
  if (!promises) return null;
  // What stands in the fields is not what is stored: nothing is said of that as if it were.
  const meaning = isTyping ? words.meaning.typing : stateMeaning(state, promises, question?.reason);
  if (state.is !== "needsAttention") {
    return (
      <View style={styles.standing} role="status">
        <StateChip state={state} filled />
        <Type kind="small" tone="inkSoft">
          {meaning}
        </Type>
      </View>
    );
  }
  const why = stateMeaning(state, promises, question?.reason);
  // What the server said of it itself; the rest is said by the state.
  const refusal = entries.map(({ state }) => (state.is === "rejected" ? state.problem.detail : "")).find(Boolean);
  return (
    <Notice title={words.states.needsAttention} text={refusal ? `${why} ${refusal}` : why}>
      {question ? (
        <Button title={words.place.decide} kind="primary" onPress={() => router.push(`/decide/${place.key}`)} />
      ) : (
        <Button title={words.place.toOutbox} onPress={() => router.push("/outbox")} />
      )}
    </Notice>
  );
}

const styles = StyleSheet.create({ standing: { gap: space.xs + 2 } });
