import { Share } from "react-native";

/** Hands a text to whatever the person chooses, the clipboard among it; false where they don't. The browser's: copy.web.ts. */
export async function copy(text: string): Promise<boolean> {
  return (await Share.share({ message: text })).action === Share.sharedAction;
}
