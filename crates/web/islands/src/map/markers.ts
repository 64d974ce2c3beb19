// Markers and clusters as buttons over the map. Only those in view exist, and a button that leaves is used again, so that
// panning over ten thousand places costs as much as over a hundred.

import type { Map as MapLibre } from "maplibre-gl";
import { counted } from "../dom";
import { type Box, wrapLongitude } from "../geo";
import type { Item, Items } from "./points";

/** What the layer asks and tells. */
export interface Hooks {
  /** Whether a place has a row on this page. */
  listed(id: string): boolean;
  selected(): string | null;
  pressed(item: Item, element: HTMLButtonElement): void;
  opened(id: string): boolean;
  hovered(id: string | null): void;
}

interface Shown {
  item: Item;
  element: HTMLButtonElement;
}

/** How far beyond the view buttons are made, as a share of it. */
const MARGIN = 0.25;

export class Markers {
  readonly #map: MapLibre;
  readonly #hooks: Hooks;
  readonly #root = document.createElement("div");
  readonly #halo = document.createElement("div");
  #items: Items | null = null;
  #shown = new Map<string, Shown>();
  readonly #pool: HTMLButtonElement[] = [];
  readonly #of = new WeakMap<HTMLButtonElement, Item>();
  #made: { box: Box; zoom: number } | null = null;
  #haloAt: [number, number] | null = null;

  constructor(map: MapLibre, hooks: Hooks) {
    this.#map = map;
    this.#hooks = hooks;
    this.#root.className = "map-markers";
    this.#halo.className = "map-halo";
    this.#halo.hidden = true;
    this.#root.append(this.#halo);
    map.getCanvasContainer().append(this.#root);
    map.on("move", () => this.#moved());
    map.on("moveend", () => this.#make());
    map.on("resize", () => this.#make());
  }

  /** Shows these from now on. */
  show(items: Items): void {
    this.#items = items;
    this.#make();
  }

  /** Rings the spot of a row that is pointed at, also while its place is counted in a cluster. */
  point(at: [longitude: number, latitude: number] | null, id?: string): void {
    for (const { item, element } of this.#shown.values()) {
      element.toggleAttribute("data-hover", at !== null && item.kind === "place" && item.id === id);
    }
    this.#haloAt = at;
    this.#halo.hidden = at === null;
    this.#place();
  }

  /** Marks anew which markers have rows, and which one is selected. */
  refresh(): void {
    for (const shown of this.#shown.values()) this.#mark(shown);
  }

  /** The button of a place, where it stands alone in view. */
  element(id: string): HTMLButtonElement | undefined {
    return this.#shown.get(id)?.element;
  }

  #moved(): void {
    const made = this.#made;
    if (made) {
      const bounds = this.#map.getBounds();
      const [west, south, east, north] = made.box;
      const inside = bounds.getWest() >= west && bounds.getEast() <= east && bounds.getSouth() >= south && bounds.getNorth() <= north;
      if (!inside || Math.floor(this.#map.getZoom()) !== Math.floor(made.zoom)) return this.#make();
    }
    this.#place();
  }

  #make(): void {
    if (!this.#items) return;
    const bounds = this.#map.getBounds();
    const zoom = this.#map.getZoom();
    const [wide, high] = [bounds.getEast() - bounds.getWest(), bounds.getNorth() - bounds.getSouth()];
    const box: Box = [
      bounds.getWest() - wide * MARGIN,
      Math.max(-90, bounds.getSouth() - high * MARGIN),
      bounds.getEast() + wide * MARGIN,
      Math.min(90, bounds.getNorth() + high * MARGIN),
    ];
    this.#made = { box, zoom };
    const next = new Map<string, Shown>();
    const fresh: Item[] = [];
    for (const item of this.#items.in(box, zoom)) {
      const known = this.#shown.get(item.key);
      if (known) {
        this.#shown.delete(item.key);
        known.item = item;
        next.set(item.key, known);
      } else fresh.push(item);
    }
    for (const { element } of this.#shown.values()) {
      // Who stood on it with the keyboard goes on from the map, not from the top of the page.
      if (element === document.activeElement) this.#map.getCanvas().focus({ preventScroll: true });
      element.removeAttribute("data-hover");
      element.hidden = true;
      this.#pool.push(element);
    }
    for (const item of fresh) {
      const element = this.#pool.pop() ?? this.#button();
      element.hidden = false;
      next.set(item.key, { item, element });
    }
    this.#shown = next;
    for (const { item, element } of next.values()) this.#of.set(element, item);
    this.refresh();
    this.#place();
  }

  #button(): HTMLButtonElement {
    const element = document.createElement("button");
    element.type = "button";
    const item = () => this.#of.get(element);
    element.addEventListener("click", (event) => {
      event.stopPropagation();
      const pressed = item();
      if (pressed) this.#hooks.pressed(pressed, element);
    });
    element.addEventListener("dblclick", (event) => event.stopPropagation());
    element.addEventListener("keydown", (event) => {
      const pressed = item();
      if (event.key === "Enter" && pressed?.kind === "place" && this.#hooks.opened(pressed.id)) event.preventDefault();
    });
    const enter = () => {
      const over = item();
      if (over?.kind === "place") this.#hooks.hovered(over.id);
    };
    const leave = () => this.#hooks.hovered(null);
    element.addEventListener("pointerenter", enter);
    element.addEventListener("pointerleave", leave);
    element.addEventListener("focus", enter);
    element.addEventListener("blur", leave);
    this.#root.append(element);
    return element;
  }

  #mark({ item, element }: Shown): void {
    if (item.kind === "cluster") {
      const size = item.count < 10 ? "s" : item.count < 100 ? "m" : item.count < 1000 ? "l" : "xl";
      element.className = `map-cluster map-cluster-${size}`;
      element.textContent = short(item.count);
      element.setAttribute("aria-label", `${counted(item.count, "place", "places")}, zoom in`);
      element.removeAttribute("aria-current");
      element.title = "";
      return;
    }
    const listed = this.#hooks.listed(item.id);
    element.className = listed ? "map-marker map-marker-listed" : "map-marker";
    element.textContent = "";
    element.setAttribute("aria-label", item.name);
    element.title = listed ? item.name : `${item.name} (on another page of the list)`;
    if (this.#hooks.selected() === item.id) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
  }

  /** Puts everything where the map now is. What is out of view can be neither seen nor reached by keyboard. */
  #place(): void {
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const centre = this.#map.getCenter().lng;
    // On whole pixels letters are sharp; while the map moves, they would tremble.
    const settle = this.#map.isMoving() ? (value: number) => value : Math.round;
    const at = (longitude: number, latitude: number) => {
      // The copy of the world that is in view.
      const { x, y } = this.#map.project([centre + wrapLongitude(longitude - centre), latitude]);
      return { x: settle(x), y: settle(y) };
    };
    for (const { item, element } of this.#shown.values()) {
      const { x, y } = at(item.longitude, item.latitude);
      const [dx, dy] = item.kind === "place" ? item.shift : [0, 0];
      const seen = x > -20 && y > -20 && x < width + 20 && y < height + 20;
      element.style.visibility = seen ? "" : "hidden";
      if (seen) element.style.transform = `translate(${x + dx}px, ${y + dy}px) translate(-50%, -50%)`;
    }
    if (this.#haloAt) {
      const { x, y } = at(...this.#haloAt);
      this.#halo.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    }
  }
}

/** A count that fits into a circle: `950`, `1.2k`, `12k`. */
export function short(count: number): string {
  if (count < 1000) return String(count);
  const thousands = count / 1000;
  return `${thousands < 9.95 ? thousands.toFixed(1).replace(/\.0$/, "") : Math.round(thousands)}k`;
}
