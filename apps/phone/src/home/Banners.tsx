import { useRouter } from "expo-router";
import { useState } from "react";
import { View } from "react-native";
import { useCommand, useCore, useOverview } from "../core";
import { carryDrafts } from "../places/carry";
import { useStrays } from "../places/useStrays";
import { useAppVersion } from "../platform/version";
import { useOnline } from "../platform/online";
import { remember, remembered } from "../platform/remember";
import { maskedAll } from "../sign-in/masked";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Card";
import type { IconName } from "../ui/Icon";
import { space } from "../ui/theme";
import { useStill } from "../ui/useStill";
import { useSay } from "../ui/Toast";
import { words } from "../words";
import { type Banner, bannersOf } from "./banners";
import { useStorageAway } from "./useStorageAway";

const RECOVERY = "recovery-seen";

/** Everything the person must know first, each with what can be done about it. */
export function Banners() {
  // What comes and goes here moves the list: not under a finger.
  const overview = useStill(useOverview());
  const isOnline = useStill(useOnline());
  const strays = useStill(useStrays());
  const [recoverySeen, setRecoverySeen] = useState(() => remembered(RECOVERY));
  const seen = (at: string) => {
    remember(RECOVERY, at);
    setRecoverySeen(at);
  };
  const { storageAway: isAway, putStorageAway } = useStorageAway(overview?.storage.persisted);
  const storageAway = useStill(isAway);
  if (!overview) return null;
  const banners = bannersOf(overview, { isOnline, recoverySeen, storageAway, strays: strays.length });
  return (
    <View style={{ gap: space.s }}>
      <NewVersion />
      {overview.adoption.ask && overview.adoption.places > 0 ? <Adopt places={overview.adoption.places} /> : null}
      {banners.map((banner) => (
        <Shown key={banner.is} banner={banner} onSeen={seen} onAway={putStorageAway} />
      ))}
    </View>
  );
}

const icons: Partial<Record<Banner["is"], IconName>> = { offline: "cloudOff", unreachable: "cloudOff", signIn: "person", accountGone: "person", left: "phone", typed: "edit" };

function Shown({ banner, onSeen, onAway }: { banner: Banner; onSeen: (at: string) => void; onAway: () => void }) {
  const router = useRouter();
  const { run, busy } = useCommand();
  const say = useSay();
  const { accept } = useAppVersion();
  const said = words.banners[banner.is];
  const text =
    banner.is === "recovered"
      ? words.banners.recovered.text(banner.places, banner.operations)
      : banner.is === "planFull"
        ? words.banners.planFull.text(banner.places)
        : banner.is === "left"
          ? words.banners.left.text(maskedAll(banner.of))
          : (said.text as string);
  const persist = async () => {
    const storage = await run({ call: "persist" });
    if (storage && storage.persisted !== "granted") say({ text: words.settings.persistNo, tone: "warning", ms: 8_000 });
  };
  return (
    <Notice tone={banner.is === "offline" || banner.is === "unreachable" || banner.is === "putOff" ? "accent" : "warning"} icon={icons[banner.is] ?? "attention"} title={said.title} text={text}>
      {banner.is === "left" ? <Button title={words.signIn.signIn} onPress={() => router.push("/sign-in")} /> : null}
      {banner.is === "signIn" ? <Button title={words.settings.signInAgain} onPress={() => router.push("/sign-in")} /> : null}
      {banner.is === "accountGone" ? <Button title={words.settings.export} icon="download" onPress={() => router.push("/settings")} /> : null}
      {banner.is === "typed" ? <Button title={words.banners.typed.show} onPress={() => router.push("/outbox")} /> : null}
      {banner.is === "planFull" ? <Button title={words.place.toOutbox} onPress={() => router.push("/outbox")} /> : null}
      {banner.is === "storage" ? <Button title={words.banners.keep} busy={busy} onPress={() => void persist()} /> : null}
      {banner.is === "storage" ? <Button title={words.banners.putAway} kind="quiet" onPress={onAway} /> : null}
      {banner.is === "updateApp" ? <Button title={words.banners.reload} onPress={accept} /> : null}
      {banner.is === "recovered" ? <Button title={words.close} onPress={() => onSeen(banner.at)} /> : null}
    </Notice>
  );
}

/** Places that were saved without an account: asked about once, and again when more have come. Decided against, they can still be taken in. */
export function Adopt({ places, isDecided = false }: { places: number; isDecided?: boolean }) {
  const { run, busy } = useCommand();
  const say = useSay();
  const core = useCore();
  const take = async () => {
    const adopted = await run({ call: "adopt" });
    if (!adopted) return;
    await carryDrafts(core);
    say({ text: words.adopt.taken(adopted.copied + adopted.known) });
  };
  const apart = async () => {
    if (await run({ call: "keepApart" })) say({ text: words.adopt.kept });
  };
  return (
    <Notice
      tone="accent"
      icon="pin"
      title={isDecided ? words.adopt.apartTitle(places) : words.adopt.title(places)}
      text={isDecided ? words.adopt.apartText : words.adopt.text}
    >
      <Button title={words.adopt.take} kind={isDecided ? "plain" : "primary"} busy={busy} onPress={() => void take()} />
      {isDecided ? null : <Button title={words.adopt.apart} disabled={busy} onPress={() => void apart()} />}
    </Notice>
  );
}

function NewVersion() {
  const { isReady, isAccepted, accept } = useAppVersion();
  if (!useStill(isReady)) return null;
  const { title, text, action } = words.banners.update;
  return (
    <Notice tone="accent" icon="sync" title={title} text={text}>
      <Button title={action} busy={isAccepted} onPress={accept} />
    </Notice>
  );
}
