import type { TextFile } from "../core";

/** Downloads the file. */
export async function keepFile({ name, mediaType, text }: TextFile): Promise<void> {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
