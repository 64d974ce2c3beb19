import type { ReactNode } from "react";
import { StyleSheet, View } from "react-native";
import Svg, { Circle, Defs, Path, Pattern, Rect } from "react-native-svg";
import { radius, space, useTheme } from "../ui/theme";
import { Type } from "../ui/Type";

/** The map's box: its size never changes, whatever comes into it. */
export function Frame({ height, children, message }: { height: number; children?: ReactNode; message?: string | undefined }) {
  const { colors, isDark } = useTheme();
  return (
    <View style={[styles.frame, { height, borderColor: colors.line, backgroundColor: isDark ? "#10191f" : "#dfe8ea" }]}>
      {children}
      {message ? (
        <View style={styles.message} pointerEvents="none">
          <Type kind="small" tone="inkSoft" center>
            {message}
          </Type>
        </View>
      ) : null}
    </View>
  );
}

/** A plain grid, where no map can be drawn at all. */
export function Grid() {
  const { colors } = useTheme();
  return (
    <View style={StyleSheet.absoluteFill} pointerEvents="none" aria-hidden>
      <Svg width="100%" height="100%">
        <Defs>
          <Pattern id="grid" width={48} height={48} patternUnits="userSpaceOnUse">
            <Path d="M48 0H0V48" fill="none" stroke={colors.lineStrong} strokeOpacity={0.4} />
          </Pattern>
        </Defs>
        <Rect width="100%" height="100%" fill="url(#grid)" />
      </Svg>
    </View>
  );
}

/** The crosshair in the middle of the map: a finger moves the map, not a pin that it would cover. */
export function Crosshair() {
  const { colors } = useTheme();
  const lines = "M30 4v18M30 38v18M4 30h18M38 30h18";
  return (
    <View style={styles.crosshair} pointerEvents="none" aria-hidden>
      <Svg width={60} height={60} viewBox="0 0 60 60" fill="none">
        <Path d={lines} stroke={colors.surface} strokeWidth={5} strokeLinecap="round" />
        <Circle cx={30} cy={30} r={12} stroke={colors.surface} strokeWidth={5} />
        <Path d={lines} stroke={colors.accent} strokeWidth={2.5} strokeLinecap="round" />
        <Circle cx={30} cy={30} r={12} stroke={colors.accent} strokeWidth={2.5} />
        <Circle cx={30} cy={30} r={2.4} fill={colors.accent} stroke={colors.surface} strokeWidth={1} />
      </Svg>
    </View>
  );
}

/** Where a place is, on a map that is only looked at: its tip is the position. */
export function Pin() {
  const { colors } = useTheme();
  return (
    <View style={styles.pin} pointerEvents="none" aria-hidden>
      <Svg width={36} height={44} viewBox="0 0 36 44" fill="none">
        <Path d="M18 43S33 28.5 33 17.5a15 15 0 1 0-30 0C3 28.5 18 43 18 43Z" fill={colors.accent} stroke={colors.surface} strokeWidth={2} />
        <Circle cx={18} cy={17.5} r={5.5} fill={colors.surface} />
      </Svg>
    </View>
  );
}

const styles = StyleSheet.create({
  pin: { position: "absolute", left: "50%", top: "50%", width: 36, height: 44, marginLeft: -18, marginTop: -43 },
  frame: { width: "100%", borderRadius: radius.l, borderWidth: StyleSheet.hairlineWidth, overflow: "hidden" },
  message: { ...StyleSheet.absoluteFill, alignItems: "center", justifyContent: "center", padding: space.xl },
  crosshair: { position: "absolute", left: "50%", top: "50%", width: 60, height: 60, marginLeft: -30, marginTop: -30 },
});
