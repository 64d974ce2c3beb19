import { useLocalSearchParams, useRouter } from "expo-router";
import { useCallback, useEffect, useState } from "react";
import { type AccountOverview, type SignedIn, useOverview } from "../core";
import { forgetFragment, takePairingCode } from "../platform/server";
import { ByCode } from "../sign-in/ByCode";
import { ByPassword } from "../sign-in/ByPassword";
import { useCommon } from "../sign-in/common";
import { Button } from "../ui/Button";
import { Card, Notice } from "../ui/Card";
import { Choice } from "../ui/Chip";
import { Screen } from "../ui/Screen";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";

const WAYS = [
  { value: "code", title: words.signIn.byCode },
  { value: "password", title: words.signIn.byPassword },
] as const;

export default function SignInScreen() {
  // The router calls the part of an address behind "#" so.
  const { "#": fragment } = useLocalSearchParams<{ "#"?: string }>();
  const [code, setCode] = useState(() => takePairingCode() || fragment || "");
  const overview = useOverview();
  const router = useRouter();
  const say = useSay();
  const [taken, setTaken] = useState(fragment);
  // The camera opens the link of another code in the same window.
  if (fragment !== taken) {
    setTaken(fragment);
    if (fragment) setCode(fragment);
  }
  // The code is not kept in the address, nor in the history of the browser.
  useEffect(() => forgetFragment(), [fragment]);
  const done = useCallback(
    ({ account }: SignedIn) => {
      say({ text: words.signIn.done(account.email) });
      router.dismissTo("/");
    },
    [router, say],
  );
  // Another account can't be signed in to before this one is left; the same one may, where the server has ended its access, or had
  // the account suspended, of which it says nothing when that is over.
  const isSignedIn = overview?.account?.signedIn === true && overview.status.paused === null;
  return (
    <Screen title={words.signIn.title} parent="/settings">
      {!overview ? null : isSignedIn ? (
        <Notice tone="accent" icon="check" title={words.signIn.already} text={overview?.account?.email}>
          <Button title={words.tabs.settings} onPress={() => router.dismissTo("/settings")} />
        </Notice>
      ) : (
        <Ways known={overview.account} code={code} onDone={done} />
      )}
    </Screen>
  );
}

/** Both ways; `known`: whom this device was signed in as before. */
function Ways({ known, code, onDone }: { known: AccountOverview | null; code: string; onDone: (signedIn: SignedIn) => void }) {
  const [way, setWay] = useState<"code" | "password">("code");
  const common = useCommon(known);
  return (
    <>
      {known ? (
        <Type kind="small" tone="inkSoft">
          {words.signIn.again(known.email)}
        </Type>
      ) : null}
      <Choice label={words.signIn.way} options={WAYS} value={way} onChange={setWay} />
      <Card>
        {way === "code" ? <ByCode key={code} linkCode={code} common={common} onDone={onDone} /> : <ByPassword email={known?.email ?? ""} common={common} onDone={onDone} />}
      </Card>
      <Type kind="small" tone="inkSoft">
        {words.signIn.keeps}
      </Type>
    </>
  );
}
