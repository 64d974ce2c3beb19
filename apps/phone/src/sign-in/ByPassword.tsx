import { useState } from "react";
import { fieldProblem, type SignedIn, useCommand } from "../core";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import { Field } from "../ui/Field";
import { words } from "../words";
import type { Common } from "./common";
import { canAsk, isOfServer, serverProblem } from "./server";

/** Signs in with e-mail and password. */
export function ByPassword({ email: known, common, onDone }: { email: string; common: Common; onDone: (signedIn: SignedIn) => void }) {
  const { server, setServer, name, setName } = common;
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [isShown, setShown] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const { run, busy, failure } = useCommand();
  const missing = (text: string) => (isAsked && !text.trim() ? words.signIn.needed : undefined);
  const signIn = async () => {
    setAsked(true);
    if (!canAsk(server) || ![email, password, name].every((each) => each.trim())) return;
    const signedIn = await run({ call: "signIn", server: server.trim(), email: email.trim(), password, deviceName: name.trim() }, true);
    if (signedIn) onDone(signedIn);
  };
  return (
    <>
      {failure && failure.fields.length === 0 && !isOfServer(failure) ? <Notice tone="danger" title={failure.sentence} text={failure.advice} urgent /> : null}
      <Field
        label={words.signIn.server}
        placeholder={words.signIn.serverPlaceholder}
        value={server}
        onChangeText={setServer}
        problem={serverProblem(server, isAsked, failure)}
        inputMode="url"
        autoCapitalize="none"
        autoCorrect={false}
      />
      <Field
        label={words.signIn.email}
        value={email}
        onChangeText={setEmail}
        problem={fieldProblem(failure, "email") ?? missing(email)}
        inputMode="email"
        autoComplete="email"
        autoCapitalize="none"
        autoCorrect={false}
      />
      <Field
        label={words.signIn.password}
        value={password}
        onChangeText={setPassword}
        problem={fieldProblem(failure, "password") ?? missing(password)}
        secureTextEntry={!isShown}
        autoComplete="current-password"
        autoCapitalize="none"
        autoCorrect={false}
        onSubmitEditing={() => void signIn()}
      />
      <Button title={isShown ? words.signIn.hidePassword : words.signIn.showPassword} kind="quiet" onPress={() => setShown(!isShown)} />
      <Field label={words.signIn.deviceName} hint={words.signIn.deviceHint} value={name} onChangeText={setName} problem={fieldProblem(failure, "deviceName") ?? missing(name)} />
      <Button title={words.signIn.signIn} kind="primary" busy={busy} onPress={() => void signIn()} />
    </>
  );
}
