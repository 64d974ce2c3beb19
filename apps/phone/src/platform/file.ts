import { Share } from "react-native";
import type { TextFile } from "../core";

/** Hands a file's text to whatever the person chooses. The browser's: file.web.ts. */
export async function keepFile({ name, text }: TextFile): Promise<void> {
  await Share.share({ title: name, message: text });
}
