// The basemap's look, as MapLibre style; what the tiles hold is decided in basemap/build.mjs.

import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { dark, light, type Palette } from "./palette";

/** Whom the map thanks, as the licence of GeoNames (CC BY 4.0) asks for. */
export const ATTRIBUTION = "Natural Earth, GeoNames";

/** The last zoom the tiles are made for. MapLibre enlarges it beyond. */
const MAX_TILE_ZOOM = 7;

// No glyphs are fetched: MapLibre draws the letters with the fonts of the person's machine.
const FONT = ["system-ui", "sans-serif"];

/** A shore made for 1:50 million is not true to a hundred metres: from close by it has no sharp edge to be taken at its word. */
const SHORE_BLUR: ExpressionSpecification = ["interpolate", ["exponential", 1.6], ["zoom"], 7, 0, 9, 3, 12, 14];
const SHORE_WIDTH: ExpressionSpecification = ["interpolate", ["exponential", 1.6], ["zoom"], 4, 0.3, 7, 0.8, 9, 4, 12, 16];

function ground(palette: Palette): LayerSpecification[] {
  return [
    { id: "water", type: "background", paint: { "background-color": palette.water } },
    { id: "land", type: "fill", source: "base", "source-layer": "land", paint: { "fill-color": palette.land } },
    {
      id: "river",
      type: "line",
      source: "base",
      "source-layer": "river",
      minzoom: 3,
      maxzoom: 7,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": palette.river,
        "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], 3, 0.5, 7, 1.4, 12, 4],
        // Made for 1:50 million: beyond, it would run beside its bed.
        "line-opacity": ["interpolate", ["linear"], ["zoom"], 3, 0, 4, 1, 5.5, 1, 7, 0],
      },
    },
    {
      id: "lake",
      type: "fill",
      source: "base",
      "source-layer": "lake",
      paint: { "fill-color": palette.water },
    },
    {
      id: "lake-shore",
      type: "line",
      source: "base",
      "source-layer": "lake",
      minzoom: 4,
      paint: { "line-color": palette.coast, "line-width": SHORE_WIDTH, "line-blur": SHORE_BLUR },
    },
    {
      id: "coast",
      type: "line",
      source: "base",
      "source-layer": "land",
      // A ring around a pole is closed by a line that is no coast.
      filter: ["!", ["has", "polar"]],
      paint: { "line-color": palette.coast, "line-width": ["interpolate", ["linear"], ["zoom"], 0, 0.4, 5, 0.8, 10, 1.4] },
    },
    {
      id: "border",
      type: "line",
      source: "base",
      "source-layer": "border",
      minzoom: 1,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": palette.border,
        "line-width": ["interpolate", ["linear"], ["zoom"], 1, 0.4, 5, 1, 10, 1.8],
      },
    },
  ];
}

function names(palette: Palette): LayerSpecification[] {
  return [
    {
      id: "town",
      type: "symbol",
      source: "base",
      "source-layer": "town",
      minzoom: 2,
      filter: ["<=", ["get", "z"], ["zoom"]],
      layout: {
        // Dot and name come together or not at all; engine.ts draws the dots.
        "icon-image": ["case", ["has", "capital"], "capital", "town"],
        "icon-padding": 1,
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": [
          "interpolate",
          ["linear"],
          ["zoom"],
          2,
          ["interpolate", ["linear"], ["get", "sort"], 280, 11.5, 450, 10],
          8,
          ["interpolate", ["linear"], ["get", "sort"], 300, 16, 500, 12, 650, 11],
          12,
          ["interpolate", ["linear"], ["get", "sort"], 300, 18, 650, 13],
        ],
        "text-max-width": 8,
        "text-padding": 3,
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 0.5,
        "text-justify": "auto",
        "symbol-sort-key": ["get", "sort"],
      },
      paint: { "text-color": palette.townLabel, "text-halo-color": palette.halo, "text-halo-width": 1.3 },
    },
    {
      id: "country",
      type: "symbol",
      source: "base",
      "source-layer": "country",
      maxzoom: 8,
      filter: ["<=", ["get", "z"], ["zoom"]],
      layout: {
        "text-field": ["upcase", ["get", "name"]],
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 1, 9.5, 4, 12, 7, 15],
        "text-letter-spacing": 0.14,
        "text-line-height": 1.3,
        "text-max-width": 7,
        "text-padding": 2,
        "symbol-sort-key": ["get", "sort"],
      },
      paint: {
        "text-color": palette.countryLabel,
        "text-halo-color": palette.halo,
        "text-halo-width": 1.2,
        "text-opacity": ["interpolate", ["linear"], ["zoom"], 6.5, 1, 8, 0],
      },
    },
  ];
}

/** Our own style, light or dark; `origin` is where the tiles come from: the page's own server. */
export function basemapStyle(isDark: boolean, origin: string): StyleSpecification {
  const palette = isDark ? dark : light;
  return {
    version: 8,
    name: isDark ? "Holdfast dark" : "Holdfast light",
    sources: {
      base: {
        type: "vector",
        tiles: [`${origin}/map/tiles/{z}/{x}/{y}.mvt?v=${__BASEMAP_VERSION__}`],
        maxzoom: MAX_TILE_ZOOM,
        attribution: ATTRIBUTION,
      },
    },
    layers: [...ground(palette), ...names(palette)],
  };
}
