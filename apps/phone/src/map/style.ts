// The look of the server's own basemap, like the web platform's (crates/web/islands/src/map/style.ts), which also says what the
// tiles hold. Nothing is fetched but the tiles: letters are drawn with the fonts of the device.

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";

/** Whom the map thanks, as the licence of GeoNames (CC BY 4.0) asks for. */
export const ATTRIBUTION = "Natural Earth, GeoNames";

const light = {
  water: "#cbdde6",
  land: "#f4f2ea",
  coast: "#a9c2ce",
  river: "#b4ced9",
  border: "#b9b0a2",
  town: "#7a766d",
  townLabel: "#45433d",
  halo: "#f4f2ea",
  countryLabel: "#635d52",
  accent: "#1f6f54",
};

const dark: typeof light = {
  water: "#10191f",
  land: "#20272b",
  coast: "#34444d",
  river: "#1a2a33",
  border: "#55585a",
  town: "#8d9499",
  townLabel: "#bcc4c8",
  halo: "#181e22",
  countryLabel: "#9aa3a8",
  accent: "#6cc6a2",
};

/** The map's colours. */
export const palette = (isDark: boolean) => (isDark ? dark : light);

/** What the basemap's tiles are called in the style. */
export const BASE = "base";
/** The last zoom the tiles are made for. MapLibre enlarges it beyond. */
const MAX_TILE_ZOOM = 7;
const FONT = ["system-ui", "sans-serif"];
const from = { source: BASE } as const;
const byZoom = (...stops: (number | ExpressionSpecification)[]) => ["interpolate", ["linear"], ["zoom"], ...stops] as ExpressionSpecification;
/** Small lakes fade where their outline, made for 1:50 million, is no longer true. */
const LAKE = byZoom(6, 1, 7.5, ["case", ["has", "large"], 1, 0]);
const known: ExpressionSpecification = ["<=", ["get", "z"], ["zoom"]];

function layers(isDark: boolean): LayerSpecification[] {
  const colors = palette(isDark);
  return [
    { id: "water", type: "background", paint: { "background-color": colors.water } },
    { id: "land", type: "fill", ...from, "source-layer": "land", paint: { "fill-color": colors.land } },
    {
      id: "river",
      type: "line",
      ...from,
      "source-layer": "river",
      minzoom: 3,
      maxzoom: 7,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colors.river, "line-width": byZoom(3, 0.5, 7, 1.4), "line-opacity": byZoom(3, 0, 4, 1, 5.5, 1, 7, 0) },
    },
    { id: "lake", type: "fill", ...from, "source-layer": "lake", paint: { "fill-color": colors.water, "fill-opacity": LAKE } },
    {
      id: "coast",
      type: "line",
      ...from,
      "source-layer": "land",
      // A ring around a pole is closed by a line that is no coast.
      filter: ["!", ["has", "polar"]],
      paint: { "line-color": colors.coast, "line-width": byZoom(0, 0.4, 5, 0.8, 10, 1.4) },
    },
    {
      id: "border",
      type: "line",
      ...from,
      "source-layer": "border",
      minzoom: 1,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": colors.border, "line-width": byZoom(1, 0.4, 5, 1, 10, 1.8) },
    },
    {
      id: "dot",
      type: "circle",
      ...from,
      "source-layer": "town",
      minzoom: 2,
      filter: known,
      paint: { "circle-radius": 2.4, "circle-color": colors.halo, "circle-stroke-color": colors.town, "circle-stroke-width": 1.2 },
    },
    {
      id: "town",
      type: "symbol",
      ...from,
      "source-layer": "town",
      minzoom: 2,
      filter: known,
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": byZoom(2, 11, 8, 13, 12, 15),
        "text-max-width": 8,
        "text-padding": 3,
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 0.5,
        "text-justify": "auto",
        "symbol-sort-key": ["get", "sort"],
      },
      paint: { "text-color": colors.townLabel, "text-halo-color": colors.halo, "text-halo-width": 1.3 },
    },
    {
      id: "country",
      type: "symbol",
      ...from,
      "source-layer": "country",
      maxzoom: 8,
      filter: known,
      layout: {
        "text-field": ["upcase", ["get", "name"]],
        "text-font": FONT,
        "text-size": byZoom(1, 9.5, 4, 12, 7, 15),
        "text-letter-spacing": 0.14,
        "text-max-width": 7,
        "symbol-sort-key": ["get", "sort"],
      },
      paint: { "text-color": colors.countryLabel, "text-halo-color": colors.halo, "text-halo-width": 1.2 },
    },
  ];
}

/** The basemap, light or dark; `origin` is where the tiles come from: the app's own server. */
export function basemapStyle(isDark: boolean, origin: string): StyleSpecification {
  return {
    version: 8,
    sources: {
      [BASE]: { type: "vector", tiles: [`${origin}/map/tiles/{z}/{x}/{y}.mvt`], maxzoom: MAX_TILE_ZOOM, attribution: ATTRIBUTION },
    },
    layers: layers(isDark),
  };
}
