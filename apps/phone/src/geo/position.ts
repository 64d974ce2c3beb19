/** Degrees, WGS 84. */
export interface LatLon {
  latitude: number;
  longitude: number;
}

/** The mean radius of the earth, in metres (IUGG). */
const EARTH = 6_371_008.8;
const DEGREE = Math.PI / 180;

/** The same longitude, from -180 up to but not including 180. */
export function wrapLongitude(longitude: number): number {
  const turned = ((((longitude + 180) % 360) + 360) % 360) - 180;
  return turned === 0 ? 0 : turned;
}

/** Moves by metres to the east and to the north. North stops at the pole; at the poles, where there is no east, nothing moves. */
export function nudge(from: LatLon, east: number, north: number): LatLon {
  const latitude = Math.max(-90, Math.min(90, from.latitude + north / EARTH / DEGREE));
  const parallel = EARTH * Math.cos(from.latitude * DEGREE);
  const turn = parallel < Math.abs(east) || parallel < 1 ? 0 : east / parallel / DEGREE;
  return { latitude, longitude: wrapLongitude(from.longitude + turn) };
}

/** The distance along a great circle, in metres. */
export function distance(one: LatLon, other: LatLon): number {
  const [a, b] = [one.latitude * DEGREE, other.latitude * DEGREE];
  const x = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(((other.longitude - one.longitude) * DEGREE) / 2) ** 2;
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(x)));
}

/** Where one arrives from a bearing (degrees clockwise from north) and a distance in metres. */
export function destination(from: LatLon, bearing: number, metres: number): LatLon {
  const angle = metres / EARTH;
  const [phi, theta] = [from.latitude * DEGREE, bearing * DEGREE];
  const sine = Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(theta);
  const latitude = Math.asin(Math.max(-1, Math.min(1, sine)));
  const east = Math.sin(theta) * Math.sin(angle) * Math.cos(phi);
  const turn = Math.atan2(east, Math.cos(angle) - Math.sin(phi) * sine);
  return { latitude: latitude / DEGREE, longitude: wrapLongitude(from.longitude + turn / DEGREE) };
}

/** A ring `[longitude, latitude]` at this distance in metres; longitudes run on beyond 180 where it crosses. */
export function circle(centre: LatLon, metres: number, corners = 64): [number, number][] {
  const ring: [number, number][] = [];
  for (let i = 0; i <= corners; i++) {
    const { latitude, longitude } = destination(centre, (i % corners) * (360 / corners), metres);
    ring.push([centre.longitude + wrapLongitude(longitude - centre.longitude), latitude]);
  }
  return ring;
}

/** A coordinate as a field shows it: six decimals, about a decimetre. */
export function coordinate(degrees: number): string {
  return degrees.toFixed(6).replace(/^-(0\.0+)$/, "$1");
}

/** Reads a coordinate as people type it, also with a decimal comma; null where it is none. */
export function parseCoordinate(text: string, most: 90 | 180): number | null {
  const trimmed = text.trim().replace(",", ".").replace("−", "-");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return Math.abs(value) <= most ? value : null;
}

/** Reads two coordinates that were pasted together, such as `47.3769, 8.5417`; null where they are not. */
export function parsePair(text: string): LatLon | null {
  const parts = text.trim().split(/\s*[,;]\s+|\s*[;]\s*|\s+/).filter(Boolean);
  // Without a blank between them the comma may be a decimal one: only a point says that it is not.
  const pressed = text.includes(".") && text.split(",").length === 2 ? text.split(",") : [];
  const [first, second] = parts.length === 2 ? parts : pressed;
  if (first === undefined || second === undefined) return null;
  const latitude = parseCoordinate(first, 90);
  const longitude = parseCoordinate(second, 180);
  return latitude === null || longitude === null ? null : { latitude, longitude };
}
