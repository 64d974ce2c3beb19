// iOS and Android: the boundary is here, the map (MapLibre Native) is not yet. The browser's: PositionMap.web.tsx.

import { Type } from "../ui/Type";
import { words } from "../words";
import type { MapProps } from "./types";

/** A map around a position, with a fixed crosshair where it can be moved. */
export const PositionMap = ({ isChosen = true, onMove }: MapProps) => (
  <Type kind="small" tone="inkSoft">
    {onMove ? `${words.position.mapNative} ${words.position.mapless(isChosen)}` : words.position.mapNative}
  </Type>
);
