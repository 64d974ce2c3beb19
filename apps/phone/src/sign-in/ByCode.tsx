import { useState } from "react";
import { fieldProblem, type SignedIn, useCommand } from "../core";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { Field } from "../ui/Field";
import { Type } from "../ui/Type";
import { words } from "../words";
import type { Common } from "./common";
import { pairing } from "./pairing";
import { canAsk, isOfServer, serverProblem } from "./server";

/** Pairs this device with a code from another one, or with the whole link that holds it. */
export function ByCode({ linkCode, common, onDone }: { linkCode: string; common: Common; onDone: (signedIn: SignedIn) => void }) {
  const { server, setServer, name, setName } = common;
  const [code, setCode] = useState(linkCode);
  const [isAsked, setAsked] = useState(false);
  const { run, busy, failure } = useCommand();
  const asked = pairing(server, code);
  const missing = (text: string) => (isAsked && !text.trim() ? words.signIn.needed : undefined);
  const pair = async () => {
    setAsked(true);
    if (!asked || !canAsk(asked.server) || !name.trim()) return;
    const signedIn = await run({ call: "pair", server: asked.server, code: asked.code, deviceName: name.trim() }, true);
    if (signedIn) onDone(signedIn);
  };
  return (
    <>
      <Type kind="small" tone="inkSoft">
        {linkCode ? words.signIn.fromLink : words.signIn.codeText}
      </Type>
      {failure && failure.fields.length === 0 && !isOfServer(failure) ? <Notice tone="danger" title={failure.sentence} text={failure.advice} urgent /> : null}
      <Field
        label={words.signIn.code}
        placeholder={words.signIn.codePlaceholder}
        value={code}
        onChangeText={setCode}
        problem={fieldProblem(failure, "code") ?? missing(code)}
        autoCapitalize="characters"
        autoCorrect={false}
        autoComplete="off"
      />
      <Field
        label={words.signIn.server}
        placeholder={words.signIn.serverPlaceholder}
        value={asked?.isLink ? asked.server : server}
        editable={!asked?.isLink}
        onChangeText={setServer}
        problem={serverProblem(asked?.isLink ? asked.server : server, isAsked, failure)}
        inputMode="url"
        autoCapitalize="none"
        autoCorrect={false}
      />
      <Field label={words.signIn.deviceName} hint={words.signIn.deviceHint} value={name} onChangeText={setName} problem={fieldProblem(failure, "deviceName") ?? missing(name)} onSubmitEditing={() => void pair()} />
      <Button title={words.signIn.pair} kind="primary" busy={busy} onPress={() => void pair()} />
    </>
  );
}
