import { StyleSheet } from "react-native";
import { useAnswer } from "../core";
import { useKeepFile } from "../home/useKeepFile";
import { Button } from "../ui/Button";
import { Card, Notice } from "../ui/Card";
import { Screen } from "../ui/Screen";
import { Type } from "../ui/Type";
import { words } from "../words";

export default function DiagnosticsScreen() {
  const keepFile = useKeepFile();
  const { data, failure } = useAnswer({ call: "diagnostics" });
  return (
    <Screen title={words.settings.diagnostics} parent="/settings">
      <Type kind="small" tone="inkSoft">
        {words.settings.diagnosticsText}
      </Type>
      {failure ? <Notice tone="danger" title={failure.sentence} text={[failure.advice, failure.detail].filter(Boolean).join(" ")} urgent /> : null}
      {data ? (
        <>
          <Button
            title={words.settings.diagnosticsSave}
            icon="download"
            onPress={() => void keepFile({ name: "holdfast-diagnostics.txt", mediaType: "text/plain", text: data.text })}
          />
          <Card>
            <Type kind="note" selectable style={styles.text}>
              {data.text}
            </Type>
          </Card>
        </>
      ) : null}
    </Screen>
  );
}

const styles = StyleSheet.create({ text: { fontFamily: "monospace" } });
