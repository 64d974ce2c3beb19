// Makes the basemap: vector tiles of the whole world, zooms 0 to 7, in one archive. MapLibre enlarges zoom 7 beyond.

import { gzipSync } from "node:zlib";
import GeoJSONVT from "geojson-vt";
import vtpbf from "vt-pbf";

import { countryNames, inlandWater, land } from "./land.mjs";
import { writePmtiles } from "./pmtiles.mjs";
import { towns } from "./towns.mjs";

export const MAX_ZOOM = 7;
/** From this zoom on, the coasts and borders are those of the scale 1:10 million. */
const FINE_FROM = 5;
const EXTENT = 4096;

/** @param {any[]} features @param {number} maxZoom @param {number} tolerance */
function index(features, maxZoom, tolerance = 4) {
  const options = { maxZoom, indexMaxZoom: maxZoom, indexMaxPoints: 0, extent: EXTENT, buffer: 80, tolerance };
  return new GeoJSONVT({ type: "FeatureCollection", features }, options);
}

/** @param {(zoom: number) => any[]} features those to be seen at a zoom */
function perZoom(features) {
  return Array.from({ length: MAX_ZOOM + 1 }, (_, zoom) => index(features(zoom), zoom));
}

/** The bytes of the archive. */
export function buildBasemap() {
  const [coarse, fine] = [land("50m"), land("10m")];
  const { lake, river } = inlandWater();
  const [names, allTowns] = [countryNames(), towns()];
  /** @param {any[]} rough @param {any[]} exact */
  const scaled = (rough, exact) => {
    const [near, far] = [index(exact, MAX_ZOOM), index(rough, FINE_FROM)];
    return (/** @type {number} */ z) => (z < FINE_FROM ? far : near);
  };
  const townsAt = perZoom((zoom) => allTowns.filter((/** @type {any} */ t) => zoom === MAX_ZOOM || t.properties.z <= zoom));
  const namesAt = perZoom((zoom) => names.filter((name) => name.properties.z < zoom + 1));
  const water = { lake: index(lake, MAX_ZOOM), river: index(river, MAX_ZOOM) };
  /** @type {Record<string, (z: number) => any>} */
  const layers = {
    land: scaled(coarse.land, fine.land),
    border: scaled(coarse.border, fine.border),
    lake: () => water.lake,
    river: () => water.river,
    town: (z) => townsAt[z],
    country: (z) => namesAt[z],
  };

  const tiles = [];
  for (let z = 0; z <= MAX_ZOOM; z++) {
    for (let x = 0; x < 2 ** z; x++) {
      for (let y = 0; y < 2 ** z; y++) {
        /** @type {Record<string, any>} */
        const content = {};
        for (const [name, at] of Object.entries(layers)) {
          const tile = at(z).getTile(z, x, y);
          if (tile?.features.length) content[name] = tile;
        }
        if (Object.keys(content).length === 0) continue;
        const mvt = vtpbf.fromGeojsonVt(content, { version: 2, extent: EXTENT });
        tiles.push({ z, x, y, data: gzipSync(mvt, { level: 9 }) });
      }
    }
  }
  const metadata = {
    name: "Holdfast basemap",
    attribution: "Natural Earth, GeoNames",
    vector_layers: Object.keys(layers).map((id) => ({ id, fields: {} })),
  };
  return writePmtiles(tiles, { minZoom: 0, maxZoom: MAX_ZOOM, metadata });
}
