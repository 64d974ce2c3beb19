import { useRouter } from "expo-router";
import { type Failure, useOverview } from "../core";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { words } from "../words";
import { isAllTakenIn } from "./carry";
import { isKey, storeOf, WITHOUT_ACCOUNT } from "./keys";

/** Why there is no page for this key. Of places without an account the core says only that they are none of the open account's. */
export function NotHere({ placeKey, failure }: { placeKey: string; failure: Failure }) {
  const router = useRouter();
  const overview = useOverview();
  const isWithoutAccount = failure.code === "other_account" && storeOf(placeKey) === WITHOUT_ACCOUNT;
  // Until it is known how this device stands, nothing is said that may not be so.
  if (isWithoutAccount && !overview?.account) return null;
  const { nonsense, noSuch, apart } = words.place;
  const said = !isKey(placeKey) ? nonsense : isWithoutAccount && overview ? (isAllTakenIn(overview) ? noSuch : apart) : { title: failure.sentence, text: failure.advice };
  return (
    <Notice title={said.title} text={said.text} urgent>
      <Button title={words.place.toList} onPress={() => router.dismissTo("/")} />
    </Notice>
  );
}
