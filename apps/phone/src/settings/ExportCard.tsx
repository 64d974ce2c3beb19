import { useState } from "react";
import { type ExportFormat, useCommand, useOverview } from "../core";
import { withoutPosition } from "../home/banners";
import { useKeepFile } from "../home/useKeepFile";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Choice } from "../ui/Chip";
import { useSay } from "../ui/Toast";
import { Type } from "../ui/Type";
import { words } from "../words";

const FORMATS: { value: ExportFormat; title: string }[] = [
  { value: "gpx", title: "GPX" },
  { value: "geojson", title: "GeoJSON" },
  { value: "kml", title: "KML" },
  { value: "csv", title: "CSV" },
];

/** A place without a position can't be in these. */
const NEED_A_POSITION: readonly ExportFormat[] = ["gpx", "kml"];

/** All places in one file. */
export function ExportCard() {
  const [format, setFormat] = useState<ExportFormat>("gpx");
  const { run, busy } = useCommand();
  const keepFile = useKeepFile();
  const say = useSay();
  const overview = useOverview();
  const lacking = overview ? withoutPosition(overview.status) : 0;
  const keep = async () => {
    const exported = await run({ call: "export", format });
    if (!exported) return;
    if (!(await keepFile(exported.file))) return;
    const without = exported.withoutPosition > 0 ? ` ${words.settings.exportedWithout(exported.withoutPosition)}` : "";
    say({ text: words.settings.exported(exported.places) + without, icon: "download" });
  };
  return (
    <Card title={words.settings.export}>
      <Type kind="small" tone="inkSoft">
        {words.settings.exportText}
      </Type>
      {lacking > 0 && NEED_A_POSITION.includes(format) ? (
        <Type kind="small" tone="warning">
          {words.settings.exportLacking(lacking)}
        </Type>
      ) : null}
      <Choice label={words.settings.format} options={FORMATS} value={format} onChange={setFormat} />
      <Button title={words.settings.exportAll} icon="download" busy={busy} onPress={() => void keep()} />
    </Card>
  );
}
