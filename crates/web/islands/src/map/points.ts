// What the map shows: places one by one, or counted in clusters; clustered here, or by the server where they are many.

import Supercluster from "supercluster";
import { API_HEADERS } from "../dom";
import { type Box, boxText, onMap } from "../geo";

/** One thing on the map. */
export type Item =
  | { kind: "place"; key: string; id: string; name: string; latitude: number; longitude: number; shift: [number, number] }
  | { kind: "cluster"; key: string; count: number; latitude: number; longitude: number; open: Zoomed };

/** How a cluster comes apart: the zoom it takes, or the box its places lie in. */
export type Zoomed = { zoom: number } | { box: Box };

interface Point {
  id: string;
  latitude: number;
  longitude: number;
  name?: string | null;
}

interface Cluster {
  latitude: number;
  longitude: number;
  count: number;
  bounds: Box;
  id?: string | null;
  name?: string | null;
}

/** The server's answer. */
export interface Answer {
  total: number;
  bounds: Box | null;
  points?: Point[];
  clusters?: Cluster[];
}

/** Beyond this zoom places are no longer clustered. */
const CLUSTER_MAX_ZOOM = 16;
/** How far apart, in pixels, places at the very same position are shown where nothing is clustered any more. */
const SPREAD = 15;

/** The session is over: the page leaves by itself, and there is nothing to warn of. */
export class SignedOut extends Error {}

/** Asks for the places; with a view, for what is in it. */
export async function fetchPoints(address: string, view: { box: Box; zoom: number } | null, signal: AbortSignal): Promise<Answer> {
  const url = new URL(address, location.href);
  if (view) {
    url.searchParams.set("bbox", boxText(view.box));
    url.searchParams.set("zoom", String(Math.max(0, Math.round(view.zoom))));
  }
  const reply = await fetch(url, { headers: API_HEADERS, signal });
  if (reply.status === 401) throw new SignedOut();
  if (!reply.ok) throw new Error(`the server answered ${reply.status}`);
  return (await reply.json()) as Answer;
}

/** Places and clusters of an answer, to be asked for by view. */
export class Items {
  readonly #index = new Supercluster<{ point: Point; shift: [number, number] }>({
    radius: 52,
    maxZoom: CLUSTER_MAX_ZOOM,
    extent: 512,
  });
  readonly #fixed: Item[] = [];

  constructor(answer: Answer) {
    const points = (answer.points ?? []).map((point) => ({ ...point, latitude: onMap(point.latitude) }));
    for (const cluster of answer.clusters ?? []) {
      const { longitude, count, bounds, id, name } = cluster;
      const latitude = onMap(cluster.latitude);
      if (count === 1 && id) points.push({ id, latitude, longitude, name: name ?? null });
      else {
        const key = `s${latitude},${longitude},${count}`;
        this.#fixed.push({ kind: "cluster", key, count, latitude, longitude, open: { box: bounds } });
      }
    }
    // Clusters counted by the server are not counted again with what stands alone between them.
    const alone = this.#fixed.length > 0;
    const same = new Map<string, number>();
    const features = points.map((point) => {
      const spot = `${point.latitude},${point.longitude}`;
      const before = same.get(spot) ?? 0;
      same.set(spot, before + 1);
      return { point, before };
    });
    const placed = features.map(({ point, before }) => ({ point, shift: spread(before) }));
    if (alone) this.#fixed.push(...placed.map(({ point, shift }) => place(point, shift)));
    this.#index.load(
      (alone ? [] : placed).map((properties) => ({
        type: "Feature",
        properties,
        geometry: { type: "Point", coordinates: [properties.point.longitude, properties.point.latitude] },
      })),
    );
  }

  /** What is in a box (west may be beyond -180, east beyond 180) at a zoom. */
  in([west, south, east, north]: Box, zoom: number): Item[] {
    const fixed = this.#fixed.filter((item) => {
      if (item.latitude < south || item.latitude > north) return false;
      return [-360, 0, 360].some((turn) => item.longitude + turn >= west && item.longitude + turn <= east);
    });
    const found = this.#index.getClusters([west, south, east, north], Math.floor(zoom));
    return fixed.concat(
      found.map((feature): Item => {
        const { properties } = feature;
        const [longitude, latitude] = feature.geometry.coordinates as [number, number];
        if (!("cluster" in properties)) return place(properties.point, zoom > CLUSTER_MAX_ZOOM ? properties.shift : [0, 0]);
        const { cluster_id: id, point_count: count } = properties;
        const open = { zoom: this.#index.getClusterExpansionZoom(id) };
        return { kind: "cluster", key: `c${id}`, count, latitude, longitude, open };
      }),
    );
  }
}

function place(point: Point, shift: [number, number]): Item {
  const { id, latitude, longitude } = point;
  return { kind: "place", key: id, id, name: point.name?.trim() || "Place without a name", latitude, longitude, shift };
}

/** The first of several at one position stays, the others stand around it. */
function spread(before: number): [number, number] {
  if (before === 0) return [0, 0];
  const [ring, step] = [Math.ceil(before / 8), (before - 1) % 8];
  const angle = (step * Math.PI) / 4;
  return [Math.round(Math.cos(angle) * SPREAD * ring), Math.round(Math.sin(angle) * SPREAD * ring)];
}
