// The map of one position: a pin that can be dragged, or moved by the arrow keys, and the circle of its accuracy.

import { type GeoJSONSource, type Map as MapLibre, Marker } from "maplibre-gl";
import { hiddenVisually, reducedMotion } from "../dom";
import { circle, nudge, onMap, parseBox, type Position, spoken, wrapLongitude } from "../geo";
import type { PositionField } from "../position";
import { createMap, foreignStyle, onStyle } from "./engine";

const CIRCLE = "accuracy";
const PIN = "pin";
/** The room of the pin above its tip, in CSS pixels: names of towns stand beside it and not under it. */
const PIN_SIZE = { width: 34, height: 38 };
/** How near a position is shown at first. On our own basemap, nearer would show no town to know the place by. */
function near(map: MapLibre): number {
  if (foreignStyle()) return 15;
  return map.getContainer().clientWidth < 600 ? 10 : 11;
}

/** A key that repeats says where it has come to, not every step. */
const SPEAK_AFTER = 400;

/** Metres to the east and north for each arrow key. */
const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
};

function pin(field: PositionField): HTMLElement {
  const element = document.createElement(field.readOnly ? "div" : "button");
  element.className = "map-pin";
  if (element instanceof HTMLButtonElement) {
    element.type = "button";
    element.setAttribute("aria-roledescription", "movable marker");
    element.setAttribute(
      "aria-label",
      "Position. The arrow keys move it by 1 metre, with Shift by 10 metres, with Alt by 100 metres.",
    );
  } else {
    element.dataset.fixed = "";
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", "Position of the place");
  }
  return element;
}

class PositionMap {
  readonly #map: MapLibre;
  readonly #field: PositionField;
  readonly #marker: Marker;
  readonly #pin: HTMLElement;
  readonly #live = hiddenVisually(document.createElement("p"));
  #placed = false;
  #speaking: ReturnType<typeof setTimeout> | undefined;

  constructor(map: MapLibre, field: PositionField) {
    this.#map = map;
    this.#field = field;
    this.#pin = pin(field);
    this.#marker = new Marker({ element: this.#pin, anchor: "bottom", draggable: !field.readOnly });
    this.#live.setAttribute("aria-live", "polite");
    field.fieldset.append(this.#live);
    onStyle(map, (colour) => {
      this.#addCircle(colour);
      this.#keepRoom();
    });
    field.onChange((typed) => this.#changed(typed));
    if (!field.readOnly) this.#editing();
    this.#changed(true, true);
    const start = parseBox(field.fieldset.dataset.start);
    if (start && !field.position) {
      const [west, south, east, north] = start;
      map.fitBounds([west, onMap(south), east, onMap(north)], { padding: 40, maxZoom: near(map), animate: false });
    }
  }

  #editing(): void {
    this.#marker.on("drag", () => this.#moveTo(this.#dragged(), false));
    this.#marker.on("dragend", () => this.#moveTo(this.#dragged()));
    this.#map.on("click", (event) => {
      const { lat, lng } = event.lngLat.wrap();
      this.#moveTo({ latitude: lat, longitude: lng });
    });
    this.#pin.addEventListener("click", (event) => event.stopPropagation());
    this.#pin.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      const from = this.#field.position;
      if (!arrow || !from || event.ctrlKey || event.metaKey) return;
      // Neither the map nor the page nor (Alt) the browser's history moves instead.
      event.preventDefault();
      event.stopPropagation();
      const metres = event.altKey ? 100 : event.shiftKey ? 10 : 1;
      this.#moveTo(nudge(from, arrow[0] * metres, arrow[1] * metres));
      this.#keepInView();
    });
  }

  #dragged(): Position {
    const { lat, lng } = this.#marker.getLngLat();
    return { latitude: lat, longitude: wrapLongitude(lng) };
  }

  #moveTo(position: Position, speak = true): void {
    this.#field.move(position);
    if (!speak) return;
    clearTimeout(this.#speaking);
    this.#speaking = setTimeout(() => {
      this.#live.textContent = `Position ${spoken(position)}`;
    }, SPEAK_AFTER);
  }

  #changed(typed: boolean, first = false): void {
    const position = this.#field.position;
    this.#drawCircle();
    if (!position) {
      this.#marker.remove();
      this.#placed = false;
      return;
    }
    const centre = this.#map.getCenter().lng;
    this.#marker.setLngLat([centre + wrapLongitude(position.longitude - centre), onMap(position.latitude)]);
    if (!this.#placed) this.#marker.addTo(this.#map);
    const appeared = !this.#placed;
    this.#placed = true;
    // A click or a drag happened where the person looks; numbers may be anywhere.
    if (typed) this.#show(position, first || appeared, first);
  }

  #show(position: Position, approach: boolean, first: boolean): void {
    const { longitude } = position;
    const latitude = onMap(position.latitude);
    const metres = this.#field.accuracy;
    const animate = !first && !reducedMotion();
    if (approach && metres > 0) {
      const ring = circle(position, metres);
      const [east, north] = [Math.max(...ring.map(([lon]) => lon)), Math.max(...ring.map(([, lat]) => lat))];
      const [west, south] = [2 * longitude - east, 2 * latitude - north];
      this.#map.fitBounds([west, south, east, north], { padding: 50, maxZoom: near(this.#map), animate });
    } else if (approach) this.#map.easeTo({ center: [longitude, latitude], zoom: Math.max(near(this.#map), this.#map.getZoom()), animate });
    else if (!this.#map.getBounds().contains([longitude, latitude])) this.#map.easeTo({ center: [longitude, latitude], animate });
  }

  #keepInView(): void {
    const { x, y } = this.#map.project(this.#marker.getLngLat());
    const { clientWidth, clientHeight } = this.#map.getContainer();
    if (x < 20 || y < 45 || x > clientWidth - 20 || y > clientHeight - 20) {
      this.#map.panTo(this.#marker.getLngLat(), { animate: false });
    }
  }

  #ring(): GeoJSON.GeoJSON {
    const [position, metres] = [this.#field.position, this.#field.accuracy];
    const coordinates = position && metres > 0 ? [circle(position, metres)] : [];
    return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates } };
  }

  #addCircle(colour: string): void {
    if (this.#map.getSource(CIRCLE)) return;
    this.#map.addSource(CIRCLE, { type: "geojson", data: this.#ring() });
    this.#map.addLayer({ id: `${CIRCLE}-fill`, type: "fill", source: CIRCLE, paint: { "fill-color": colour, "fill-opacity": 0.14 } });
    this.#map.addLayer({ id: `${CIRCLE}-line`, type: "line", source: CIRCLE, paint: { "line-color": colour, "line-width": 1.5 } });
  }

  #point(): GeoJSON.GeoJSON {
    const position = this.#field.position;
    const features = position
      ? [{ type: "Feature" as const, properties: {}, geometry: { type: "Point" as const, coordinates: [position.longitude, position.latitude] } }]
      : [];
    return { type: "FeatureCollection", features };
  }

  /** The pin is no part of the map; something that can't be seen keeps its room, and the map's names give way to that. */
  #keepRoom(): void {
    if (this.#map.getSource(PIN)) return;
    // The dot of the town in which the place is may well be under the pin; its name then stands beside it all the same.
    if (this.#map.getLayer("town")) this.#map.setLayoutProperty("town", "icon-allow-overlap", true);
    if (!this.#map.hasImage(PIN)) this.#map.addImage(PIN, new ImageData(PIN_SIZE.width, PIN_SIZE.height));
    this.#map.addSource(PIN, { type: "geojson", data: this.#point() });
    this.#map.addLayer({
      id: PIN,
      type: "symbol",
      source: PIN,
      layout: { "icon-image": PIN, "icon-anchor": "bottom", "icon-allow-overlap": true, "icon-padding": 2 },
    });
  }

  #drawCircle(): void {
    this.#map.getSource<GeoJSONSource>(CIRCLE)?.setData(this.#ring());
    this.#map.getSource<GeoJSONSource>(PIN)?.setData(this.#point());
  }
}

/** Starts the map in its box. */
export async function start(box: HTMLElement, field: PositionField): Promise<void> {
  const label = field.readOnly ? "Map of the place" : "Map to set the position on";
  const map = await createMap(box, label, true);
  new PositionMap(map, field);
}
