import { type Place, seen, useCommand } from "../core";
import type { Fix } from "../location/fix";
import { useLocate } from "../location/useLocate";
import { Button } from "../ui/Button";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";
import { problemWords } from "./words";

/** Gives a place without a position the one where the person is now. */
export function UseHere({ place }: { place: Place }) {
  const { run } = useCommand();
  const say = useSay();
  const give = async ({ latitude, longitude, accuracy, altitude }: Fix) => {
    const position = { latitude, longitude, accuracy, altitude };
    const answer = place.clientId
      ? await run({ call: "fix", clientId: place.clientId, position })
      : await run({ call: "edit", key: place.key, changes: { position }, seen: seen(place) });
    if (answer) say({ text: words.position.saved });
  };
  const { locate, isLocating, problem } = useLocate((fix) => void give(fix));
  return (
    <>
      <Button title={isLocating ? words.position.finding : words.position.here} kind="primary" icon="pin" busy={isLocating} onPress={locate} />
      {problem ? (
        <Type kind="small" tone="danger" role="alert">
          {problemWords(problem)}
        </Type>
      ) : null}
    </>
  );
}
