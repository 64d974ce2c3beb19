import type { LatLon } from "../geo/position";

export interface MapProps {
  center: LatLon;
  /** Metres around the centre that the position is uncertain by; nothing is drawn without. */
  accuracy?: number | null;
  /** Calls back when the person has moved the map under the crosshair. Without it, the map is only looked at. */
  onMove?: (center: LatLon) => void;
  /** What a screen reader calls the map. */
  label: string;
  height: number;
}
