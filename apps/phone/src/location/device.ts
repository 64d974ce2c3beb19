import { shared } from "./shared";
import { sensor } from "./source";

/** This device's location, for every screen. */
export const deviceLocation = shared(sensor);
