import { Platform } from "react-native";

/** Where the app came from, if that is a server: nothing on a phone. */
export const ownServer = (): string => "";

/** What to call this device unless the person says otherwise. */
export const deviceName = (): string => (Platform.OS === "ios" ? "iPhone" : "Android phone");

/** The code of the link that opened the app, once. */
export const takePairingCode = (): string => "";

/** Takes the code out of the address that is shown; there is none on a phone. */
export const forgetFragment = (): (() => void) => () => undefined;
