// What to call a device in the list of devices, from what a browser says of it. Pure.

/** What browsers tell where they tell more than their user agent. */
export interface Told {
  /** "Pixel 8"; empty on what is no phone or tablet. */
  model: string;
  /** "Android", "Windows". */
  platform: string;
  isMobile: boolean;
}

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad|Macintosh(?=.*Mobile)/, "iPad"],
  [/Android/, "Android"],
  [/Macintosh|^macOS$/, "Mac"],
  [/Windows/, "Windows"],
  [/CrOS|^Chrome OS$|^Chromium OS$/, "Chromebook"],
];

const browserOf = (agent: string): string =>
  /Edg(A|iOS)?\//.test(agent) ? "Edge" : /Firefox|FxiOS/.test(agent) ? "Firefox" : /SamsungBrowser/.test(agent) ? "Samsung Internet" : /Chrome|CriOS/.test(agent) ? "Chrome" : "Safari";

const systemOf = (text: string): string => SYSTEMS.find(([sign]) => sign.test(text))?.[1] ?? "Linux";

/** A phone or a tablet by its kind, a computer by browser and system. */
export function nameByAgent(agent: string): string {
  const system = systemOf(agent);
  if (system === "iPhone" || system === "iPad") return system;
  // By their makers' convention only phones say "Mobile".
  if (system === "Android") return /Mobile/.test(agent) ? "Android phone" : "Android tablet";
  return `${browserOf(agent)} on ${system}`;
}

/** The model where there is one; else as good as it gets. "K" is what browsers say instead of a model that they hide. */
export function nameByTold({ model, platform, isMobile }: Told, agent: string): string {
  const named = model.trim();
  if (named && named !== "K") return named;
  if (platform === "Android") return isMobile ? "Android phone" : "Android tablet";
  return platform ? `${browserOf(agent)} on ${systemOf(platform)}` : nameByAgent(agent);
}
