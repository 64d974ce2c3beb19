// Metres, degrees and boxes; nothing here knows a page or a map.

/** A position in degrees (WGS 84). */
export interface Position {
  latitude: number;
  longitude: number;
}

/** West, south, east, north, in degrees. West of the antimeridian and east of it: `west > east`. */
export type Box = [west: number, south: number, east: number, north: number];

/** The mean radius of the earth, in metres (IUGG). */
const EARTH = 6_371_008.8;
const DEGREE = Math.PI / 180;

/** The last latitude that a map in Web Mercator shows, in degrees; the poles themselves are infinitely far away on it. */
const MERCATOR_END = 85.0511;

/** A latitude as far as the map goes: what lies nearer to a pole stands at its edge. */
export function onMap(latitude: number): number {
  return Math.max(-MERCATOR_END, Math.min(MERCATOR_END, latitude));
}

/** The same longitude, from -180 up to but not including 180. */
export function wrapLongitude(longitude: number): number {
  const turned = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return turned === 0 ? 0 : turned;
}

/**
 * Where one arrives from a bearing (degrees, clockwise from north) and a distance in metres: along a great circle, right at
 * any latitude and across the antimeridian.
 */
export function destination(from: Position, bearing: number, metres: number): Position {
  const angle = metres / EARTH;
  const [phi, theta] = [from.latitude * DEGREE, bearing * DEGREE];
  const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(theta);
  const latitude = Math.asin(Math.max(-1, Math.min(1, sine)));
  const east = Math.sin(theta) * Math.sin(angle) * Math.cos(phi);
  const turn = Math.atan2(east, Math.cos(angle) - Math.sin(phi) * sine);
  return { latitude: latitude / DEGREE, longitude: wrapLongitude(from.longitude + turn / DEGREE) };
}

/**
 * Moves by metres to the east and to the north, as a key press does. North stops at the pole. East follows the parallel;
 * at the poles themselves, where there is no east, nothing moves.
 */
export function nudge(from: Position, east: number, north: number): Position {
  const latitude = Math.max(-90, Math.min(90, from.latitude + north / EARTH / DEGREE));
  const parallel = EARTH * Math.cos(from.latitude * DEGREE);
  // Within some metres of a pole one step could run around it several times.
  const turn = parallel < Math.abs(east) || parallel < 1 ? 0 : east / parallel / DEGREE;
  return { latitude, longitude: wrapLongitude(from.longitude + turn) };
}

/** A ring of positions `[longitude, latitude]` at this distance in metres; longitudes run on beyond 180 where it crosses. */
export function circle(centre: Position, metres: number, corners = 72): [number, number][] {
  const ring: [number, number][] = [];
  for (let i = 0; i <= corners; i++) {
    const { latitude, longitude } = destination(centre, (i % corners) * (360 / corners), metres);
    ring.push([centre.longitude + wrapLongitude(longitude - centre.longitude), latitude]);
  }
  return ring;
}

/** Reads `w,s,e,n`; null where it is empty or no box. */
export function parseBox(text: string | null | undefined): Box | null {
  const numbers = (text ?? "").split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.length !== 4 || !numbers.every(Number.isFinite)) return null;
  const [west, south, east, north] = numbers as Box;
  if (south > north || Math.abs(south) > 90 || Math.abs(north) > 90) return null;
  return [west, south, east, north];
}

/** A box as a map wants it: east counted on beyond 180 where it crosses the antimeridian. */
export function unrolled([west, south, east, north]: Box): Box {
  return [west, south, east < west ? east + 360 : east, north];
}

/** The box of a map view, whose longitudes may lie anywhere, within the world's. */
export function viewBox(west: number, south: number, east: number, north: number): Box {
  const [bottom, top] = [Math.max(-90, south), Math.min(90, north)];
  if (east - west >= 360) return [-180, bottom, 180, top];
  const left = wrapLongitude(west);
  // An east edge on the antimeridian is 180, not -180: else the box would seem to cross it.
  const right = wrapLongitude(east);
  return [left, bottom, right === -180 ? 180 : right, top];
}

/** A box as it stands in an address: five decimals, about a metre. */
export function boxText(box: Box): string {
  return box.map((number) => String(Number(number.toFixed(5)))).join(",");
}

/** The address of a page's list for this box: other filters stay, the place in the pages does not. */
export function searchHere(address: string, box: Box): string {
  const url = new URL(address);
  url.searchParams.delete("after");
  url.searchParams.set("bbox", boxText(box));
  // Commas are as allowed in a query as their codes, and can be read.
  url.search = url.search.replaceAll("%2C", ",");
  return url.href;
}

/** A coordinate as an input shows it: six decimals, about a decimetre. */
export function coordinate(degrees: number): string {
  return degrees.toFixed(6).replace(/^-(0\.0+)$/, "$1");
}

/** A position in words, for a reader that speaks. */
export function spoken({ latitude, longitude }: Position): string {
  const side = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(5)} ${value < 0 ? negative : positive}`;
  return `${side(latitude, "north", "south")}, ${side(longitude, "east", "west")}`;
}
