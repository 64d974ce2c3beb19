import * as Haptics from "expo-haptics";

const quietly = (felt: Promise<void>) => felt.catch(() => undefined);

/** Felt under the finger: it is saved. */
export const feelSaved = () => void quietly(Haptics.notificationAsync(Haptics.NotificationFeedbackType.Success));
/** Felt under the finger: it is not. */
export const feelFailed = () => void quietly(Haptics.notificationAsync(Haptics.NotificationFeedbackType.Error));
