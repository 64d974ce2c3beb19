import { File, Paths } from "expo-file-system";
import { isAvailableAsync, shareAsync } from "expo-sharing";
import type { TextFile } from "../core";

/** Hands a file to whatever the person chooses. The browser's: file.web.ts. */
export async function keepFile({ name, mediaType, text }: TextFile): Promise<void> {
  if (!(await isAvailableAsync())) throw new Error("this phone can't hand a file to another app");
  // The system clears the cache by itself; whoever the file was handed to has a copy.
  const file = new File(Paths.cache, name);
  file.create({ overwrite: true });
  file.write(text);
  await shareAsync(file.uri, { mimeType: mediaType, dialogTitle: name });
}
