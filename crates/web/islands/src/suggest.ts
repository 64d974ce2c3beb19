// Suggestions from the person's own categories and tags, in the browser's own list.

import { API_HEADERS, counted } from "./dom";

interface Facet {
  value: string;
  count: number;
}

type Facets = Record<"categories" | "tags", Facet[]>;

/** More would not be read. */
const MOST = 50;

let asked: Promise<Facets> | undefined;

/** Once for a page; after a failure the next focus tries again. */
function facets(): Promise<Facets> {
  asked ??= fetch("/v1/places/facets", { headers: API_HEADERS })
    .then((reply) => {
      if (!reply.ok) throw new Error(`the server answered ${reply.status}`);
      return reply.json() as Promise<Facets>;
    })
    .catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
  return asked;
}

/**
 * What to offer for the last of several tags separated by commas: whole texts for the input, so that choosing one keeps
 * those before it. Tags already there are not offered again.
 */
export function tagSuggestions(typed: string, tags: Facet[]): { value: string; count: number }[] {
  const comma = typed.lastIndexOf(",");
  const start = typed.slice(0, comma + 1);
  const kept = start === "" ? "" : `${start} `;
  const last = typed.slice(comma + 1).trim().toLowerCase();
  const there = new Set(start.split(",").map((tag) => tag.trim().toLowerCase()));
  return tags
    .filter(({ value }) => !there.has(value.toLowerCase()) && value.toLowerCase().includes(last))
    .slice(0, MOST)
    .map(({ value, count }) => ({ value: kept + value, count }));
}

/** Fills the list of an `<input data-suggest list>` on its first focus. */
export function suggest(input: HTMLInputElement): void {
  const list = input.list;
  if (!list) return;
  const offer = (items: Facet[]) => {
    list.replaceChildren(
      ...items.map(({ value, count }) => {
        const option = document.createElement("option");
        option.value = value;
        option.label = counted(count, "place", "places");
        return option;
      }),
    );
  };
  const fill = async () => {
    try {
      const known = await facets();
      if (input.dataset.suggest === "tags") offer(tagSuggestions(input.value, known.tags));
      else offer(known.categories.slice(0, MOST));
    } catch {
      // Without suggestions one types.
    }
  };
  input.addEventListener("focus", () => void fill());
  if (input.dataset.suggest === "tags") input.addEventListener("input", () => void fill());
}
