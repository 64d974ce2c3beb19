// MapLibre, set up once: our worker, our style sheet, our style, and no request to anybody else.

import { AttributionControl, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { reducedMotion } from "../dom";
import { fillHoles } from "./missing";
import { dark, light } from "./palette";
import { basemapStyle } from "./style";

const beside = (file: string) => new URL(file, import.meta.url).href;

let sheet: Promise<void> | undefined;

function styleSheet(): Promise<void> {
  sheet ??= new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = beside(__MAP_CSS__);
    link.onload = () => resolve();
    link.onerror = () => reject(new Error("the map's style sheet did not load"));
    // First, so that the page's own rules win.
    document.head.prepend(link);
  });
  return sheet;
}

/** Whether the server is set up to show another map than ours, usually one with more detail. */
export const foreignStyle = (): boolean => Boolean(document.documentElement.dataset.mapStyle);

const night = matchMedia("(prefers-color-scheme: dark)");

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && night.matches);
}

function currentStyle() {
  return document.documentElement.dataset.mapStyle || basemapStyle(isDark(), location.origin);
}

/** The dots beside the names of towns: a ring, drawn here as there is no sprite to fetch. */
function drawDots(map: MapLibre): void {
  map.setMissingStyleImageResolver((id) => {
    if (foreignStyle() || (id !== "town" && id !== "capital")) return;
    const { town, halo } = isDark() ? dark : light;
    map.addImage(id, ring(id === "capital" ? 3.4 : 2.6, id === "capital" ? 1.7 : 1.2, town, halo), { pixelRatio: DENSE });
  });
}

const DENSE = 3;

/** A ring with its inside filled; sizes in CSS pixels, edges smooth. */
function ring(radius: number, line: number, rim: string, inside: string): ImageData {
  const size = Math.ceil(radius * 2 + 2) * DENSE;
  const image = new ImageData(size, size);
  const rgb = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const distance = Math.hypot(x + 0.5 - size / 2, y + 0.5 - size / 2);
      const cover = Math.max(0, Math.min(1, radius * DENSE - distance + 0.5));
      const inner = Math.max(0, Math.min(1, (radius - line) * DENSE - distance + 0.5));
      const mixed = rgb(rim).map((value, i) => value * (1 - inner) + (rgb(inside)[i] ?? 0) * inner);
      image.data.set([...mixed, cover * 255], (y * size + x) * 4);
    }
  }
  return image;
}

/** Shows light or dark controls, and the basemap in the same. */
function follow(map: MapLibre): void {
  const root = map.getContainer();
  const mark = () => root.classList.toggle("map-dark", isDark());
  mark();
  const change = () => {
    mark();
    if (!foreignStyle()) map.setStyle(currentStyle(), { diff: false });
  };
  night.addEventListener("change", change);
  new MutationObserver(change).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** Calls with the colour of what is the person's own, whenever a style has been loaded: layers of one's own belong there. */
export function onStyle(map: MapLibre, add: (colour: string) => void): void {
  const call = () => add((isDark() ? dark : light).accent);
  map.on("style.load", call);
  if (map.isStyleLoaded()) call();
}

/**
 * A map in this container, with its controls; the whole world until told otherwise. `inForm`: it stands in a page that is
 * scrolled, so that a wheel or a single finger scrolls the page and not the map.
 */
export async function createMap(container: HTMLElement, label: string, inForm: boolean): Promise<MapLibre> {
  setWorkerUrl(beside(__MAP_WORKER__));
  await styleSheet();
  container.classList.add("map-ready");
  const map = new MapLibre({
    container,
    style: currentStyle(),
    bounds: [-170, -56, 180, 74],
    maxZoom: 19,
    cooperativeGestures: inForm,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    fadeDuration: reducedMotion() ? 0 : 200,
    locale: { "Map.Title": label },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new AttributionControl({ compact: container.clientWidth < 480 }), "bottom-right");
  map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-left");
  drawDots(map);
  follow(map);
  fillHoles(map);
  return map;
}
