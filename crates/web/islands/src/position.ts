// A position in a form: numbers, a map, "use my location", the accuracy. This part needs no map; position-map.ts draws it.

import { announce, whenNear } from "./dom";
import { coordinate, type Position, wrapLongitude } from "./geo";

const LOCATE = { enableHighAccuracy: true, timeout: 20_000, maximumAge: 0 };

/** Reads a coordinate as people type it, also with a decimal comma; null where it is none. */
export function parseCoordinate(text: string, most: 90 | 180): number | null {
  const trimmed = text.trim().replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return Math.abs(value) <= most ? value : null;
}

/** Why there is no fix, in words that say what to do. */
export function locateProblem(code: number): string {
  switch (code) {
    case 1:
      return "This page may not use your location. Allow it in the browser's settings for this site, or set the position on the map.";
    case 2:
      return "Your location cannot be found at the moment. Try again outdoors, or set the position on the map.";
    default:
      return "Finding your location took too long. Try again, or set the position on the map.";
  }
}

/** The position of a form's fields, both ways: what is typed is told to the map, what is moved is written. */
export class PositionField {
  readonly readOnly: boolean;
  readonly #latitude: HTMLInputElement | null;
  readonly #longitude: HTMLInputElement | null;
  readonly #accuracy: HTMLInputElement | null;
  readonly #source: HTMLInputElement | null;
  readonly #listeners: ((typed: boolean) => void)[] = [];
  #writing = false;

  constructor(readonly fieldset: HTMLElement) {
    const input = (name: string) => fieldset.querySelector<HTMLInputElement>(`input[name=${name}]`);
    this.readOnly = "readonly" in fieldset.dataset;
    this.#latitude = input("latitude");
    this.#longitude = input("longitude");
    this.#accuracy = input("accuracy");
    const form = fieldset.closest("form");
    this.#source = input("position_source") ?? form?.querySelector("input[name=position_source]") ?? null;
    for (const field of [this.#latitude, this.#longitude]) field?.addEventListener("input", () => this.#typed());
    this.#accuracy?.addEventListener("input", () => this.#tell(true));
  }

  /** The position, where both numbers are there and possible. */
  get position(): Position | null {
    const latitude = parseCoordinate(this.#latitude?.value ?? "", 90);
    const longitude = parseCoordinate(this.#longitude?.value ?? "", 180);
    return latitude === null || longitude === null ? null : { latitude, longitude };
  }

  /** The accuracy in metres, or 0. */
  get accuracy(): number {
    const metres = Number(this.#accuracy?.value.trim().replace(",", "."));
    return Number.isFinite(metres) && metres > 0 ? metres : 0;
  }

  /** Calls after every change; `typed`: the numbers were changed, the map must follow. */
  onChange(listener: (typed: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** The person moved the marker: it is no longer a fix, and its accuracy no longer known. */
  move(position: Position): void {
    this.#write(position, "", "manual");
    this.#tell(false);
  }

  /** The device has found itself. */
  fix(position: Position, accuracy: number): void {
    this.#write(position, String(Math.max(1, Math.round(accuracy))), "fix");
    this.#tell(true);
  }

  #typed(): void {
    if (this.#writing) return;
    if (this.#source) this.#source.value = "manual";
    if (this.#accuracy) this.#accuracy.value = "";
    this.#tell(true);
  }

  #write({ latitude, longitude }: Position, accuracy: string, source: "manual" | "fix"): void {
    this.#writing = true;
    const set = (field: HTMLInputElement | null, value: string) => {
      if (!field || field.value === value) return;
      field.value = value;
      // Others listen for what a person would have typed.
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    set(this.#latitude, coordinate(latitude));
    set(this.#longitude, coordinate(wrapLongitude(longitude)));
    set(this.#accuracy, accuracy);
    if (this.#source) this.#source.value = source;
    this.#writing = false;
  }

  #tell(typed: boolean): void {
    if (this.#writing) return;
    for (const listener of this.#listeners) listener(typed);
  }
}

function locateButton(field: PositionField): void {
  const button = field.fieldset.querySelector<HTMLButtonElement>("[data-locate]");
  const status = field.fieldset.querySelector<HTMLElement>("[data-locate-status]");
  if (!button || field.readOnly || !("geolocation" in navigator)) return;
  button.hidden = false;
  const say = (text: string) => {
    if (status) status.textContent = text;
    // Where the page has not made the status a live region, it is said all the same.
    if (text && !status?.closest("[role=status], [role=alert], [aria-live]")) announce(text);
  };
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    say("Finding your location …");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-disabled");
        field.fix(coords, coords.accuracy);
        say(`Found, to about ${Math.max(1, Math.round(coords.accuracy))} m.`);
      },
      ({ code }) => {
        button.removeAttribute("aria-disabled");
        say(locateProblem(code));
      },
      LOCATE,
    );
  });
}

/** Makes the fields of a `[data-island=position]` work together, and loads the map once it is near. */
export function position(fieldset: HTMLElement): void {
  const field = new PositionField(fieldset);
  locateButton(field);
  const box = fieldset.querySelector<HTMLElement>("[data-map]");
  if (box) whenNear(box, () => void import("./map/position-map").then(({ start }) => start(box, field)));
}
