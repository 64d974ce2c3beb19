import { Platform } from "react-native";

/** Where the app came from, if that is a server: nothing on a phone. */
export const ownServer = (): string => "";

/** What to call this device unless the person says otherwise. */
export const deviceName = (): string => (Platform.OS === "ios" ? "iPhone" : "Android phone");

/** The same where the system tells more when it is asked. The name of the model comes with the native bindings. */
export const betterDeviceName = (): Promise<string | null> => Promise.resolve(null);

/** The code of the link that opened the app, once. */
export const takePairingCode = (): string => "";

/** Takes the code out of the address that is shown; there is none on a phone. */
export const forgetFragment = (): (() => void) => () => undefined;
