import type { Place } from "../core";
import { useLocate } from "../location/useLocate";
import { Button } from "../ui/Button";
import { Type } from "../ui/Type";
import { words } from "../words";
import { useGivePosition } from "./usePosition";
import { problemWords } from "./words";

/** Gives a place without a position the one where the person is now. */
export function UseHere({ place }: { place: Place }) {
  const { give } = useGivePosition();
  const { locate, isLocating, problem } = useLocate(({ latitude, longitude, accuracy, altitude }) => void give(place, { latitude, longitude, accuracy, altitude }, "sensor"));
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
