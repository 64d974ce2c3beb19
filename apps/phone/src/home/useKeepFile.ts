import { useCallback } from "react";
import type { TextFile } from "../core";
import { keepFile } from "../platform/file";
import { useSay } from "../ui/Toast";
import { words } from "../words";

/** Hands a file to the person; false, and said, where that did not work. */
export function useKeepFile(): (file: TextFile) => Promise<boolean> {
  const say = useSay();
  return useCallback(
    (file) =>
      keepFile(file).then(
        () => true,
        () => {
          say({ text: words.failure.notHanded, tone: "danger", ms: 8_000 });
          return false;
        },
      ),
    [say],
  );
}
