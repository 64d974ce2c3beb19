// iOS and Android: the boundary is here, the map (MapLibre Native) is not yet. The browser's: PositionMap.web.tsx.

import { words } from "../words";
import { Frame } from "./Frame";
import type { MapProps } from "./types";

/** A map around a position, with a fixed crosshair where it can be moved. */
export const PositionMap = (_: MapProps) => <Frame height={96} message={words.position.mapNative} />;
