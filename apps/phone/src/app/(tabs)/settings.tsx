import { useOverview } from "../../core";
import { Adopt } from "../../home/Banners";
import { Account } from "../../settings/Account";
import { ExportCard } from "../../settings/ExportCard";
import { Fact, LinkRow } from "../../settings/Row";
import { Storage } from "../../settings/Storage";
import { Card } from "../../ui/Card";
import { Screen } from "../../ui/Screen";
import { Type } from "../../ui/Type";
import { words } from "../../words";

export default function SettingsScreen() {
  const overview = useOverview();
  return (
    <Screen title={words.settings.title} large>
      {overview && overview.adoption.places > 0 ? <Adopt places={overview.adoption.places} isDecided={!overview.adoption.ask} /> : null}
      <Account />
      <Storage />
      <ExportCard />
      <Card>
        <LinkRow href="/trash" icon="trash" title={words.settings.trash} detail={overview?.status.trash ? String(overview.status.trash) : undefined} />
        <LinkRow href="/diagnostics" icon="list" title={words.settings.diagnostics} />
      </Card>
      <Card title={words.settings.about}>
        {overview ? <Fact label={words.settings.version} value={overview.version} /> : null}
        <Type kind="note" tone="inkSoft">
          {words.settings.theme}
        </Type>
        {overview?.leader === "elsewhere" ? (
          <Type kind="note" tone="inkSoft">
            {words.settings.otherWindow}
          </Type>
        ) : null}
      </Card>
    </Screen>
  );
}
