// What build.mjs knows and the code needs.

/** The file name of the map's style sheet, beside the scripts. */
declare const __MAP_CSS__: string;
/** The file name of MapLibre's worker, beside the scripts. */
declare const __MAP_WORKER__: string;
/** Changes when the basemap does, so that tiles may be cached for ever. */
declare const __BASEMAP_VERSION__: string;
