import { useState } from "react";
import { StyleSheet, View } from "react-native";
import { IconButton } from "../ui/Button";
import { Choice } from "../ui/Chip";
import { radius, space, useTheme } from "../ui/theme";
import { words } from "../words";
import { STEPS, type Step } from "./step";

/** Four arrows around the step they move by, in metres to the east and to the north. */
export function Nudge({ onNudge, disabled }: { onNudge: (east: number, north: number) => void; disabled: boolean }) {
  const { colors } = useTheme();
  const [step, setStep] = useState<Step>(STEPS[1]);
  const { title, metres } = step;
  return (
    <View style={styles.nudge}>
      <View style={styles.steps}>
        <Choice label={words.position.step} options={STEPS} value={step.value} onChange={(value) => setStep(STEPS.find((each) => each.value === value) ?? STEPS[1])} />
      </View>
      <View role="group" aria-label={words.position.nudge} style={[styles.cross, { backgroundColor: colors.paper }]}>
        <IconButton icon="up" label={words.position.north(title)} disabled={disabled} onPress={() => onNudge(0, metres)} />
        <View style={styles.crossRow}>
          <IconButton icon="back" label={words.position.west(title)} disabled={disabled} onPress={() => onNudge(-metres, 0)} />
          <IconButton icon="forward" label={words.position.east(title)} disabled={disabled} onPress={() => onNudge(metres, 0)} />
        </View>
        <IconButton icon="down" label={words.position.south(title)} disabled={disabled} onPress={() => onNudge(0, -metres)} />
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  nudge: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", justifyContent: "space-between", gap: space.l },
  steps: { flexShrink: 1, flexBasis: 180, flexGrow: 1 },
  cross: { alignItems: "center", borderRadius: radius.round, padding: space.xs, marginHorizontal: "auto" },
  crossRow: { flexDirection: "row", gap: 44 },
});
