import { useLocalSearchParams, useRouter } from "expo-router";
import { useCallback, useEffect, useState } from "react";
import { type SignedIn, useOverview } from "../core";
import { forgetFragment, takePairingCode } from "../platform/server";
import { ByCode } from "../sign-in/ByCode";
import { ByPassword } from "../sign-in/ByPassword";
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
  const [way, setWay] = useState<"code" | "password">("code");
  const overview = useOverview();
  const router = useRouter();
  const say = useSay();
  // The code is not kept in the address, nor in the history of the browser.
  useEffect(() => {
    if (fragment) setCode(fragment);
    return forgetFragment();
  }, [fragment]);
  const done = useCallback(
    ({ account }: SignedIn) => {
      say({ text: words.signIn.done(account.email) });
      router.dismissTo("/");
    },
    [router, say],
  );
  // Another account can't be signed in to before this one is left; the same one may, where the server has ended its access.
  const isSignedIn = overview?.account?.signedIn ?? false;
  return (
    <Screen title={words.signIn.title}>
      {!overview ? null : isSignedIn ? (
        <Notice tone="accent" icon="check" title={words.signIn.already} text={overview?.account?.email}>
          <Button title={words.tabs.settings} onPress={() => router.dismissTo("/settings")} />
        </Notice>
      ) : (
        <>
          {overview.account ? (
            <Type kind="small" tone="inkSoft">
              {words.signIn.again(overview.account.email)}
            </Type>
          ) : null}
          <Choice label={words.signIn.way} options={WAYS} value={way} onChange={setWay} />
          <Card>{way === "code" ? <ByCode key={code} linkCode={code} onDone={done} /> : <ByPassword onDone={done} email={overview?.account?.email ?? ""} />}</Card>
          <Type kind="small" tone="inkSoft">
            {words.signIn.keeps}
          </Type>
        </>
      )}
    </Screen>
  );
}
