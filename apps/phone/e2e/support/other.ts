// What a second device, the command line, knows.

import type { Device } from "./all";

/** The places on it, after it has synced, that are not in the trash. */
export async function placesOf(device: Device): Promise<unknown[]> {
  await device.sync();
  return (JSON.parse(await device.holdfast(["list", "--json"])) as { places: unknown[] }).places;
}
