import { useRouter } from "expo-router";
import { type Failure, useOverview } from "../core";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { words } from "../words";
import { isAllTakenIn } from "./carry";
import { isKey, storeOf, WITHOUT_ACCOUNT } from "./keys";

/**
 * Why there is no page for this key. Of places without an account the core says only that they are none of the open account's.
 * `isSought`: it may be there under another key, which will be known in a moment.
 */
export function NotHere({ placeKey, failure, isSought = false }: { placeKey: string; failure: Failure; isSought?: boolean }) {
  const router = useRouter();
  const overview = useOverview();
  const isWithoutAccount = failure.code === "other_account" && storeOf(placeKey) === WITHOUT_ACCOUNT;
  // Until it is known how this device stands, nothing is said that may not be so.
  if (isWithoutAccount && (!overview?.account || (isSought && isAllTakenIn(overview)))) return null;
  const { nonsense, noSuch, apart } = words.place;
  const said = !isKey(placeKey) ? nonsense : isWithoutAccount && overview ? (isAllTakenIn(overview) ? noSuch : apart) : { title: failure.sentence, text: failure.advice };
  return (
    <Notice title={said.title} text={said.text} urgent>
      <Button title={words.place.toList} onPress={() => router.dismissTo("/")} />
    </Notice>
  );
}
