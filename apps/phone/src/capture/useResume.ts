import { useEffect } from "react";
import { useCore } from "../core";
import { deviceLocation } from "../location/device";
import { holdVersion } from "../platform/version";
import { searchEnded } from "./ended";
import { resumeSearches } from "./resume";

/** Once, when the app is opened: goes on looking for what it looked for when it was ended. */
export function useResume(): void {
  const core = useCore();
  useEffect(() => {
    const release = holdVersion();
    core
      .perform({ call: "list", state: "withoutPosition" })
      .then(({ places }) => resumeSearches({ core, source: deviceLocation }, places, ({ clientId }, problem) => clientId && searchEnded(clientId, problem)))
      // Without an answer there is nothing to go on with; the list says why.
      .catch(() => undefined)
      .finally(release);
  }, [core]);
}
