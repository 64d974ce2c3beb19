// On small screens: the list or the map.

/** `[data-toggle=map]` switches `data-view` of `#browse`. An address that ends in `#map-panel` starts with the map. */
export function viewToggle(page: Document): void {
  const browse = page.getElementById("browse");
  const buttons = page.querySelectorAll<HTMLElement>("[data-toggle=map]");
  if (!browse || buttons.length === 0) return;
  const show = (view: "list" | "map") => {
    browse.dataset.view = view;
    // It says where it leads to.
    for (const button of buttons) button.textContent = view === "map" ? "List" : "Map";
  };
  for (const button of buttons) {
    button.addEventListener("click", () => show(browse.dataset.view === "map" ? "list" : "map"));
  }
  if (location.hash === "#map-panel") show("map");
}
