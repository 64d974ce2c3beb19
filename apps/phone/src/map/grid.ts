// Lines of latitude and longitude, for a map that has nothing else to show. Pure.

import type { LatLon } from "../geo/position";

/** Steps between lines, in degrees. */
const STEPS = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005, 0.00002, 0.00001] as const;
/** How far lines are apart on the screen at the least, in pixels. */
const APART_PX = 60;
/** Lines on each side of the middle. A map of a phone's size shows fewer. */
const EACH_SIDE = 14;
/** Mercator ends here. */
const MOST = 85;

/** The step at this zoom, in degrees: the finest whose lines are still far enough apart (MapLibre's tiles of 512 pixels). */
export function gridStep(zoom: number): number {
  const degrees = (360 / (512 * 2 ** zoom)) * APART_PX;
  return STEPS.findLast((step) => step >= degrees) ?? STEPS[0];
}

/** The lines around `center`, each from one end of the grid to the other, as `[longitude, latitude]`. */
export function gridLines(center: LatLon, zoom: number): [number, number][][] {
  const step = gridStep(zoom);
  const around = (middle: number) => Array.from({ length: 2 * EACH_SIDE + 1 }, (_, i) => (Math.round(middle / step) + i - EACH_SIDE) * step);
  const clamp = (latitude: number) => Math.max(-MOST, Math.min(MOST, latitude));
  const [longitudes, latitudes] = [around(center.longitude), around(center.latitude).filter((latitude) => Math.abs(latitude) <= MOST)];
  const [west, east] = [longitudes[0]!, longitudes.at(-1)!];
  const [south, north] = [clamp(center.latitude - EACH_SIDE * step), clamp(center.latitude + EACH_SIDE * step)];
  return [
    ...longitudes.map((longitude): [number, number][] => [
      [longitude, south],
      [longitude, north],
    ]),
    ...latitudes.map((latitude): [number, number][] => [
      [west, latitude],
      [east, latitude],
    ]),
  ];
}
