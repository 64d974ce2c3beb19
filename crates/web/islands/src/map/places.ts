// The list page's map: markers and rows are two views of the same places.

import { type Map as MapLibre, Popup } from "maplibre-gl";
import { announce, reducedMotion } from "../dom";
import { type Box, boxText, onMap, parseBox, searchHere, unrolled, viewBox } from "../geo";
import { createMap, foreignStyle } from "./engine";
import { Markers } from "./markers";
import { type Answer, fetchPoints, type Item, Items, SignedOut } from "./points";

/** How long the map must rest before the server is asked for what is in view. */
const REST = 200;
/** Marks moves that a person made with one of our buttons. */
const BY_PERSON = { person: true };

const rowOf = (id: string) => document.getElementById(`p-${id}`);

class PlacesMap {
  readonly #map: MapLibre;
  readonly #island: HTMLElement;
  readonly #markers: Markers;
  readonly #search = button("Search this area");
  readonly #fit = button("Fit to results");
  #popup: Popup | null = null;
  #selected: string | null = null;
  #asking: AbortController | null = null;
  #resting: ReturnType<typeof setTimeout> | undefined;
  /** The server counts, and is asked again after each move. */
  #byView = false;
  #bounds: Box | null = null;
  readonly #legend = legend();
  /** The view that was last asked for, so that a map that did not move asks nothing. */
  #asked = "";

  constructor(map: MapLibre, island: HTMLElement) {
    this.#map = map;
    this.#island = island;
    this.#markers = new Markers(map, {
      listed: (id) => rowOf(id) !== null,
      selected: () => this.#selected,
      pressed: (item, element) => this.#pressed(item, element),
      opened: (id) => this.#open(id),
      hovered: (id) => this.#markRow(id),
    });
    this.#tools();
    this.#rows();
    map.on("movestart", (event: object) => {
      // Only a person's move has an event behind it, or our mark.
      if (("originalEvent" in event && event.originalEvent) || "person" in event) this.#search.hidden = false;
    });
    map.on("moveend", () => {
      if (!this.#byView) return;
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => {
        if (boxText(this.#box()) !== this.#asked) void this.#ask();
      }, REST);
    });
    document.addEventListener("holdfast:changed", () => void this.#ask());
    const box = parseBox(island.dataset.bbox);
    if (box) this.#view(box, 0, false);
    void this.#ask().then((answer) => {
      if (!box && answer?.bounds) this.#view(answer.bounds, this.#padding(), false);
    });
  }

  #padding(): number {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    return Math.min(48, clientWidth / 8, clientHeight / 8);
  }

  #view(box: Box, padding: number, animate = true): void {
    const [west, south, east, north] = unrolled(box);
    // On our own basemap, nearer would show no town to know a single place by.
    const maxZoom = foreignStyle() ? 13 : 11;
    this.#map.fitBounds([west, onMap(south), east, onMap(north)], { padding, maxZoom, animate: animate && !reducedMotion() });
  }

  /** Asks for the places, and ends the question before. */
  async #ask(): Promise<Answer | null> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const view = this.#byView ? { box: this.#box(), zoom: this.#map.getZoom() } : null;
      this.#asked = view ? boxText(view.box) : "";
      const answer = await fetchPoints(this.#island.dataset.points ?? "", view, asking.signal);
      if (!view) {
        this.#bounds = answer.bounds;
        this.#fit.hidden = answer.bounds === null;
        if (answer.clusters) this.#byView = true;
      }
      this.#markers.show(new Items(answer));
      this.#explain(answer);
      return answer;
    } catch (error) {
      // What is shown stays; the next move or change asks again.
      if (asking.signal.aborted) return null;
      this.#asked = "";
      if (!(error instanceof SignedOut)) console.warn("The map's places could not be loaded.", error);
      return null;
    }
  }

  /** Two kinds of marks are explained where there are two: with places that are on another page of the list. */
  #explain(answer: Answer): void {
    const rows = document.querySelectorAll("#places > [data-place]").length;
    this.#legend.hidden = answer.total <= rows;
  }

  #box(): Box {
    const bounds = this.#map.getBounds();
    return viewBox(bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth());
  }

  #tools(): void {
    const tools = document.createElement("div");
    tools.className = "map-tools";
    this.#search.hidden = true;
    this.#fit.hidden = true;
    this.#search.addEventListener("click", () => {
      const url = new URL(searchHere(location.href, this.#box()));
      // On a small screen the map stays what is seen.
      url.hash = document.getElementById("browse")?.dataset.view === "map" ? "map-panel" : "";
      location.assign(url);
    });
    this.#fit.addEventListener("click", () => {
      if (this.#bounds) this.#view(this.#bounds, this.#padding());
    });
    tools.append(this.#search, this.#fit);
    this.#map.getContainer().append(tools, this.#legend);
  }

  /** Rows point at markers. Listens on the list, as rows come and go. */
  #rows(): void {
    const list = document.getElementById("places");
    const row = (event: Event) => (event.target as Element).closest?.<HTMLElement>("[data-place]") ?? null;
    const enter = (event: Event) => {
      const over = row(event);
      if (!over) return;
      const [latitude, longitude] = [Number(over.dataset.lat), Number(over.dataset.lon)];
      if (over.dataset.lat && over.dataset.lon) this.#markers.point([longitude, latitude], over.dataset.place);
    };
    const leave = () => this.#markers.point(null);
    list?.addEventListener("pointerover", enter);
    list?.addEventListener("pointerleave", leave);
    list?.addEventListener("focusin", enter);
    list?.addEventListener("focusout", leave);
  }

  #markRow(id: string | null): void {
    for (const row of document.querySelectorAll("#places [data-hover]")) row.removeAttribute("data-hover");
    if (id) rowOf(id)?.setAttribute("data-hover", "");
  }

  #pressed(item: Item, element: HTMLButtonElement): void {
    if (item.kind === "cluster") return this.#zoomIn(item);
    this.#popup?.remove();
    for (const row of document.querySelectorAll("#places [aria-current]")) row.removeAttribute("aria-current");
    this.#selected = item.id;
    const row = rowOf(item.id);
    if (row && row.getClientRects().length > 0) {
      row.setAttribute("aria-current", "true");
      showRow(row);
      announce(`${item.name} selected in the list`);
    } else this.#showPopup(item, element);
    this.#markers.refresh();
  }

  #zoomIn(item: Extract<Item, { kind: "cluster" }>): void {
    const animate = !reducedMotion();
    if ("box" in item.open) {
      const [west, south, east, north] = unrolled(item.open.box);
      this.#map.fitBounds([west, onMap(south), east, onMap(north)], { padding: this.#padding(), maxZoom: 17, animate }, BY_PERSON);
    } else {
      const zoom = Math.min(item.open.zoom, this.#map.getMaxZoom());
      this.#map.easeTo({ center: [item.longitude, item.latitude], zoom, animate }, BY_PERSON);
    }
    announce("Zooming in");
  }

  /** For a place whose row is not on this page, or not to be seen. */
  #showPopup(item: Extract<Item, { kind: "place" }>, element: HTMLButtonElement): void {
    const link = document.createElement("a");
    link.href = `/places/${encodeURIComponent(item.id)}`;
    link.textContent = item.name;
    link.className = "map-popup-link";
    this.#popup = new Popup({ offset: 14, maxWidth: "260px", closeButton: true })
      .setLngLat([item.longitude, item.latitude])
      .setDOMContent(link)
      .addTo(this.#map);
    this.#popup.on("close", () => {
      if (this.#selected === item.id) this.#selected = null;
      this.#markers.refresh();
      if (document.activeElement === document.body && element.isConnected) element.focus();
    });
  }

  #open(id: string): boolean {
    const link = rowOf(id)?.querySelector<HTMLAnchorElement>("a.row-link");
    if (link) location.assign(link.href);
    return link !== null && link !== undefined;
  }
}

function button(text: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "map-tool";
  element.textContent = text;
  return element;
}

/** What the two kinds of marks mean. */
function legend(): HTMLElement {
  const list = document.createElement("ul");
  list.className = "map-legend";
  list.setAttribute("aria-label", "Legend");
  list.hidden = true;
  const line = (kind: string, words: string) => {
    const dot = document.createElement("span");
    dot.className = kind;
    dot.setAttribute("aria-hidden", "true");
    const item = document.createElement("li");
    item.append(dot, words);
    return item;
  };
  list.append(line("map-dot map-dot-listed", "on this page of the list"), line("map-dot", "on another page"));
  return list;
}

/** Scrolls to a row only where it is not in view anyway. */
function showRow(row: HTMLElement): void {
  const { top, bottom } = row.getBoundingClientRect();
  let area = { top: 0, bottom: innerHeight };
  for (let parent = row.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
    if (!/auto|scroll/.test(getComputedStyle(parent).overflowY)) continue;
    const box = parent.getBoundingClientRect();
    area = { top: Math.max(area.top, box.top), bottom: Math.min(area.bottom, box.bottom) };
    break;
  }
  if (top >= area.top && bottom <= area.bottom) return;
  row.scrollIntoView({ block: "nearest", behavior: reducedMotion() ? "auto" : "smooth" });
}

/** Starts the map in its island. */
export async function start(island: HTMLElement): Promise<void> {
  const map = await createMap(island, "Map of the places", false);
  new PlacesMap(map, island);
}
