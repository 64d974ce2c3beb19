// One version of the app: all its files, in a cache of its own.

/** What the build made. */
export interface Build {
  /** Follows from all files' content. */
  version: string;
  /** The folder in which the app is served, with a slash at both ends. */
  base: string;
  /** By path below `base`: the file's integrity, as of `integrity` of a script element. */
  files: Record<string, string>;
}

const PREFIX = "holdfast-app-";
const INDEX = "index.html";
/** As many as a browser gives one server anyway. */
const AT_ONCE = 6;
/** A name with a hash in it has the same content in every version. */
const HASHED = /[-._][0-9a-f]{8,}[-._]/;

export class Version {
  readonly base: string;
  readonly #build: Build;
  readonly #cache: string;

  constructor(build: Build) {
    this.#build = build;
    this.base = build.base;
    this.#cache = PREFIX + build.version;
  }

  /** Whether this version has such a file. */
  has({ pathname }: URL): boolean {
    return Object.hasOwn(this.#build.files, pathname.slice(this.base.length));
  }

  /**
   * Fetches all files. Fails where one can't be had as this build made it; what was fetched by then is not fetched again when
   * the browser tries the next time.
   */
  async install(): Promise<void> {
    const cache = await caches.open(this.#cache);
    const names = Object.keys(this.#build.files).values();
    const lane = async () => {
      for (const name of names) await this.#add(cache, name);
    };
    const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
    // Only now: what the other lanes have fetched is kept for the next time.
    for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  }

  async #add(cache: Cache, name: string): Promise<void> {
    const url = this.base + name;
    if (await cache.match(url, { ignoreVary: true })) return;
    const before = HASHED.test(name) ? await caches.match(url, { ignoreVary: true }) : undefined;
    if (before) return cache.put(url, before);
    const integrity = this.#build.files[name] ?? "";
    // Without a name of its own, a file of another version may be in the browser's cache.
    const response = await fetch(url, { integrity, credentials: "omit", cache: HASHED.test(name) ? "default" : "no-cache" });
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    await cache.put(url, response);
  }

  /** The page that every address of the app opens. */
  async page(request: Request): Promise<Response> {
    return (await this.#match(this.base + INDEX)) ?? fetch(request);
  }

  /** One of the files. */
  async file(request: Request): Promise<Response> {
    return (await this.#match(request)) ?? fetch(request);
  }

  async #match(request: Request | string): Promise<Response | undefined> {
    const cache = await caches.open(this.#cache);
    return cache.match(request, { ignoreSearch: true, ignoreVary: true });
  }

  /** Removes the files of all other versions. */
  async removeOthers(): Promise<void> {
    const names = await caches.keys();
    const others = names.filter((name) => name.startsWith(PREFIX) && name !== this.#cache);
    await Promise.all(others.map((name) => caches.delete(name)));
  }
}
