// MapLibre, in a script of its own that is fetched when the first map is shown.

import { type GeoJSONSource, Map as MapLibre, setWorkerUrl } from "maplibre-gl";
import { circle, type LatLon, wrapLongitude } from "../geo/position";
import { gridLines } from "./grid";
import { fillHoles } from "./missing.web";
import { BASE, basemapStyle, palette } from "./style";

declare const require: { unstable_resolveWorker(module: string): string };

/** How near a position is shown at first. On our own basemap, nearer would show no town to know the place by. */
const NEAR = 10;
/** The whole world, where nothing is known to be near to. */
const FAR = 0.6;
const RING = "accuracy";
const GRID = "grid";

export interface DrawnMap {
  /** `isNear`: the world is left for an area that a person knows. */
  moveTo(center: LatLon, isNear?: boolean): void;
  ring(center: LatLon, metres: number | null): void;
  look(isDark: boolean): void;
  zoom(steps: number): void;
  remove(): void;
}

export interface Drawing {
  center: LatLon;
  accuracy: number | null;
  isWorld: boolean;
  isDark: boolean;
  label: string;
  reducedMotion: boolean;
  onMove: ((center: LatLon, zoom: number) => void) | undefined;
  /** Calls back when tiles can't be fetched, and when they can again. */
  onTiles: (arrive: boolean) => void;
}

/** Draws a map into this box. Throws where the browser can't (no WebGL). */
export function draw(box: HTMLElement, { center, accuracy, isWorld, isDark, label, reducedMotion, onMove, onTiles }: Drawing): DrawnMap {
  // Metro bundles the worker too; its file lies beside this one, as the content security policy asks.
  setWorkerUrl(require.unstable_resolveWorker("maplibre-gl/dist/maplibre-gl-worker.mjs"));
  let now = { center, metres: accuracy, isDark };
  const map = new MapLibre({
    container: box,
    style: basemapStyle(isDark, location.origin),
    center: [center.longitude, center.latitude],
    zoom: isWorld ? FAR : NEAR,
    maxZoom: 19,
    interactive: Boolean(onMove),
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    fadeDuration: reducedMotion ? 0 : 200,
    locale: { "Map.Title": label },
  });
  if (onMove) {
    map.keyboard.disableRotation();
    // The crosshair is the middle: zooming must not move what is under it.
    map.scrollZoom.enable({ around: "center" });
    map.touchZoomRotate.enable({ around: "center" });
    map.touchZoomRotate.disableRotation();
  } else {
    map.getCanvas().tabIndex = -1;
  }
  map.on("move", (event) => {
    // Only what a person does; what we do ourselves is known.
    if (!event.originalEvent || !onMove) return;
    onMove(centerOf(map), map.getZoom());
  });
  map.on("moveend", (event) => {
    if (onMove && event.originalEvent) onMove(centerOf(map), map.getZoom());
  });
  /** Whether there is a style to draw into. MapLibre's own word for it also waits for tiles, which may never come. */
  let isStyled = false;
  /** Without tiles: lines, so that one sees the map move. */
  let isBlank = false;
  const drawGrid = () => {
    const data = gridOf(map, isBlank);
    const source = map.getSource<GeoJSONSource>(GRID);
    if (source) return void source.setData(data);
    const { coast } = palette(now.isDark);
    map.addSource(GRID, { type: "geojson", data });
    map.addLayer({ id: GRID, type: "line", source: GRID, paint: { "line-color": coast, "line-width": 1 } });
  };
  const drawRing = () => {
    const data = ringOf(now.center, now.metres);
    const source = map.getSource<GeoJSONSource>(RING);
    if (source) return void source.setData(data);
    const { accent } = palette(now.isDark);
    map.addSource(RING, { type: "geojson", data });
    map.addLayer({ id: `${RING}-fill`, type: "fill", source: RING, paint: { "fill-color": accent, "fill-opacity": 0.14 } });
    map.addLayer({ id: `${RING}-line`, type: "line", source: RING, paint: { "line-color": accent, "line-width": 1.5 } });
  };
  map.on("style.load", () => {
    isStyled = true;
    drawGrid();
    drawRing();
  });
  map.on("moveend", () => isBlank && drawGrid());
  fillHoles(map, BASE, (isMissing) => {
    isBlank = isMissing;
    if (isStyled) drawGrid();
    onTiles(!isMissing);
  });
  return {
    moveTo: (to, isNear) => void map.easeTo({ center: [to.longitude, to.latitude], ...(isNear && { zoom: NEAR }), animate: !reducedMotion, duration: 250 }),
    ring: (around, metres) => {
      now = { ...now, center: around, metres };
      if (isStyled) drawRing();
    },
    look: (dark) => {
      if (dark === now.isDark) return;
      now = { ...now, isDark: dark };
      isStyled = false;
      map.setStyle(basemapStyle(dark, location.origin), { diff: false });
    },
    zoom: (steps) => void map.easeTo({ zoom: map.getZoom() + steps, animate: !reducedMotion }),
    remove: () => map.remove(),
  };
}

function gridOf(map: MapLibre, isShown: boolean) {
  const coordinates = isShown ? gridLines(centerOf(map), map.getZoom()) : [];
  return { type: "Feature" as const, properties: {}, geometry: { type: "MultiLineString" as const, coordinates } };
}

function centerOf(map: MapLibre): LatLon {
  const { lat, lng } = map.getCenter();
  return { latitude: lat, longitude: wrapLongitude(lng) };
}

function ringOf(center: LatLon, metres: number | null) {
  const coordinates = metres && metres > 0 ? [circle(center, metres)] : [];
  return { type: "Feature" as const, properties: {}, geometry: { type: "Polygon" as const, coordinates } };
}
