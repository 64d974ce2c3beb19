import type { LatLon } from "../geo/position";

export interface MapProps {
  center: LatLon;
  /** Metres around the centre that the position is uncertain by; nothing is drawn without. */
  accuracy?: number | null;
  /** Nothing is known to begin near: the whole world is shown, until this is no longer so. */
  isWorld?: boolean;
  /** The middle is a position that somebody has chosen, not only where the map begins. */
  isChosen?: boolean;
  /** Calls back when the person has moved the map under the crosshair, with the zoom it has. Without it, the map is only looked at. */
  onMove?: (center: LatLon, zoom: number) => void;
  /** What a screen reader calls the map. */
  label: string;
  height: number;
}
