import { useEffect, useState } from "react";

/** Whether the person has refused the browser to tell where they are; follows what they change in its settings. */
export function useDenied(): boolean {
  const [denied, setDenied] = useState(false);
  useEffect(() => {
    let live = true;
    let status: PermissionStatus | undefined;
    const look = () => setDenied(status?.state === "denied");
    navigator.permissions?.query({ name: "geolocation" }).then(
      (found) => {
        if (!live) return;
        status = found;
        status.addEventListener("change", look);
        look();
      },
      () => undefined,
    );
    return () => {
      live = false;
      status?.removeEventListener("change", look);
    };
  }, []);
  return denied;
}
