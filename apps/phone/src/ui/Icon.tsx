// Our own few signs, drawn on a grid of 24 with one weight of line. They never stand alone: words say the same.

import Svg, { Circle, Path } from "react-native-svg";
import { type Colors, useTheme } from "./theme";

const paths = {
  pin: "M12 21.5s7-6.6 7-11.7a7 7 0 1 0-14 0c0 5.1 7 11.7 7 11.7Z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  phone: "M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3Zm2.5 15h3",
  up: "M12 19.5v-14M6.5 11 12 5.5l5.5 5.5",
  attention: "M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5m0 2.6v.1",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Zm0 4.3V12l3 2",
  target: "M12 5.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM12 2.5v5M12 16.5v5M2.5 12h5M16.5 12h5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.3 15.3 20.5 20.5",
  filter: "M4 7h16M7 12h10M10 17h4",
  sync: "M19.5 8.5A8 8 0 0 0 5 8.2M4.5 4v4.5H9M4.5 15.5a8 8 0 0 0 14.5.3M19.5 20v-4.5H15",
  back: "M14.5 5 7.5 12l7 7",
  forward: "M9.5 5l7 7-7 7",
  close: "M6 6l12 12M18 6 6 18",
  list: "M4.5 7h.1M4.5 12h.1M4.5 17h.1M9 7h11M9 12h11M9 17h11",
  outbox: "M4 13.5 6.5 5h11l2.5 8.5M4 13.5V19h16v-5.5M4 13.5h4.5l1.2 2.5h4.6l1.2-2.5H20",
  settings: "M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9M15 5.2a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6ZM9 14.2a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6Z",
  trash: "M4.5 6.5h15M9 6.5V4h6v2.5M6.5 6.5l.9 13h9.2l.9-13M10.2 10.5v5.5M13.8 10.5v5.5",
  restore: "M4.5 4.5v5h5M5 9.3A8 8 0 1 1 4 13",
  edit: "M4.5 19.5l.8-4L16 4.8l3.2 3.2L8.5 18.7l-4 .8ZM13.8 7l3.2 3.2",
  download: "M12 4v11.5M6.8 10.8 12 16l5.2-5.2M4.5 20h15",
  cloudOff: "M4 4l16 16M8.3 8.2A5 5 0 0 0 7 18h9.6M11 7.2a5.5 5.5 0 0 1 6 4.8 3.6 3.6 0 0 1 2.7 4.6",
  person: "M12 4.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6ZM4.5 20.2a7.5 7.5 0 0 1 15 0",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  down: "M12 4.5v14M6.5 13l5.5 5.5 5.5-5.5",
  note: "M6 3.5h12v17H6ZM9 8.5h6M9 12.5h6M9 16.5h3.5",
} as const;

export type IconName = keyof typeof paths;

/** One sign; hidden from screen readers, as it says nothing that is not in the words beside it. `focusable={false}` would let it have the focus. */
export function Icon({ name, tone = "ink", size = 20, color }: { name: IconName; tone?: keyof Colors; size?: number; color?: string }) {
  const { colors, textScale } = useTheme();
  const stroke = color ?? colors[tone];
  const box = size * textScale;
  return (
    <Svg width={box} height={box} viewBox="0 0 24 24" fill="none" aria-hidden style={{ flexShrink: 0 }}>
      <Path d={paths[name]} stroke={stroke} strokeWidth={1.9} strokeLinecap="round" strokeLinejoin="round" />
      {name === "pin" ? <Circle cx={12} cy={9.8} r={2.4} stroke={stroke} strokeWidth={1.9} /> : null}
    </Svg>
  );
}
