import { useRouter } from "expo-router";
import { type AccountOverview, useCommand, useCore, useOverview } from "../core";
import { unsent } from "../home/banners";
import { usePromises } from "../home/useConnection";
import { carryDrafts } from "../places/carry";
import { draftsOf, dropDraftsOf, type Unsaved } from "../places/drafts";
import { maskedAll } from "../sign-in/masked";
import { Button } from "../ui/Button";
import { Card, Notice } from "../ui/Card";
import { useAsk } from "../ui/Dialog";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";
import { Fact } from "./Row";

/** Server and account, or the way to one. */
export function Account() {
  const overview = useOverview();
  const router = useRouter();
  if (!overview) return null;
  if (overview.account) return <SignedIn account={overview.account} />;
  return (
    <Card title={words.settings.account}>
      <Type strong>{words.settings.noAccount}</Type>
      <Type kind="small" tone="inkSoft">
        {words.settings.noAccountText}
      </Type>
      <Button title={words.settings.signIn} kind="primary" icon="person" onPress={() => router.push("/sign-in")} />
    </Card>
  );
}

const NOTHING: Unsaved = { names: [], isElsewhere: false };

/** Whether there is something of which nothing was said. */
const isMore = (now: Unsaved, said: Unsaved): boolean =>
  now.names.length > said.names.length || now.names.some((name) => !said.names.includes(name)) || (now.isElsewhere && !said.isElsewhere);

function SignedIn({ account }: { account: AccountOverview }) {
  const core = useCore();
  const { run, busy } = useCommand();
  const ask = useAsk();
  const say = useSay();
  const router = useRouter();
  const overview = useOverview();
  const promises = usePromises();
  const pending = overview ? unsent(overview.status) : 0;

  const signOut = async () => {
    const { signOutTitle: title, signOutText, signOutUnsent, signOutAnyway, signOut } = words.settings;
    const store = overview?.store;
    const look = async () => {
      // What was typed at places that this account has taken in is its own, and leaves with it.
      await carryDrafts(core);
      return store ? draftsOf(store) : NOTHING;
    };
    // What another window has got typed while the question stood was not agreed to.
    for (let [said, typed]: [Unsaved | null, Unsaved] = [null, await look()]; !said || isMore(typed, said); typed = await look()) {
      said = typed;
      const lost = typed.names.length > 0 ? words.draft.signOut(typed.names.map((name) => name ?? words.unnamed), typed.isElsewhere) : "";
      const text = [pending > 0 ? signOutUnsent(pending) : signOutText, lost].filter(Boolean).join(" ");
      if (!(await ask({ title, text, yes: pending > 0 ? signOutAnyway : signOut, danger: true }))) return;
    }
    // The core counts again: what came in since the question is said by it.
    const signedOut = await run({ call: "signOut", evenIfUnsent: pending > 0 });
    if (!signedOut) return;
    if (store) await dropDraftsOf(store);
    say({ text: signedOut.unsent > 0 ? words.settings.signedOutKept(signedOut.unsent) : words.settings.signedOut });
  };

  return (
    <Card title={words.settings.account}>
      {promises?.connection === "signIn" ? (
        <Notice icon="person" title={words.banners.signIn.title} text={words.banners.signIn.text}>
          <Button title={words.settings.signInAgain} kind="primary" onPress={() => router.push("/sign-in")} />
        </Notice>
      ) : null}
      {promises?.connection === "accountGone" ? (
        <Notice icon="person" title={words.banners.accountGone.title} text={words.settings.accountGoneText}>
          <Button title={words.settings.signInAgain} onPress={() => router.push("/sign-in")} />
        </Notice>
      ) : null}
      {promises?.connection === "updateApp" ? <Notice title={words.banners.updateApp.title} text={words.banners.updateApp.text} /> : null}
      {overview && overview.left.length > 0 ? <Notice icon="phone" title={words.banners.left.title} text={words.banners.left.text(maskedAll(overview.left))} /> : null}
      {account.unencrypted ? <Notice title={words.settings.unencrypted} /> : null}
      <Fact label={words.settings.email} value={account.email} />
      <Fact label={words.settings.server} value={account.server} />
      <Fact label={words.settings.device} value={account.deviceName} />
      <Type kind="note" tone="inkSoft">
        {words.settings.live[promises?.connection === "connected" && overview ? overview.live : "off"]}
      </Type>
      <Button title={words.settings.signOut} kind="danger" busy={busy} onPress={() => void signOut()} />
    </Card>
  );
}
