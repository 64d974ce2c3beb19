import { ask, capture, expect, expectState, HERE, open, overview, places, signIn, test, tryAsk } from "./support/test";

test("what was saved without a network is on the server once there is one", async ({ browserWindow, site, account, device }) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  site.network = "down";
  site.breakConnections();
  await capture(page, "Forest");
  await expectState(page, "Forest", "savedOnDevice");
  const failed = await ask(page, { call: "sync" });
  expect(failed.failure?.code).toBe("unreachable");
  expect(failed.pending).toBe(1);

  site.network = "up";
  const synced = await ask(page, { call: "sync" });
  expect(synced).toMatchObject({ sent: 1, pending: 0, failure: null });
  await expectState(page, "Forest", "synced");
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("Forest");
});

test("a reply that got lost leaves one place", async ({ browserWindow, site, account, device }) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  site.loseReplies("/v1/sync/push");
  await capture(page, "Once");
  await expect.poll(() => site.seen.filter((each) => each === "POST /v1/sync/push").length).toBeGreaterThan(0);
  expect((await places(page)).map((place) => place.state.is)).not.toContain("synced");

  site.loseReplies(undefined);
  await expect.poll(async () => (await ask(page, { call: "sync" })).pending).toBe(0);
  await expectState(page, "Once", "synced");
  await device.sync();
  const listed = await device.holdfast(["list", "--json"]);
  expect(JSON.parse(listed).places).toHaveLength(1);
});

test("what another device sends arrives by itself", async ({ browserWindow, site, account, device }) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  await expect.poll(async () => (await overview(page)).live).toBe("connected");
  await device.holdfast(["save", "47.1", "9.2", "--name", "From elsewhere"]);
  await device.sync();
  await expectState(page, "From elsewhere", "synced");
  expect(await page.evaluate(() => window.changes)).toContain("places");
});

test("a code from a paired device pairs the browser, and serves once", async ({ browserWindow, site, device }) => {
  const page = await open(browserWindow, site.url);
  const code: string = JSON.parse(await device.holdfast(["pair", "--new-code", "--json"])).code;
  const pair = { call: "pair", server: site.url, code, deviceName: "browser" } as const;
  const { account } = await ask(page, pair);
  expect(account).toMatchObject({ server: site.url, deviceName: "browser", signedIn: true, unencrypted: false });
  const again = await tryAsk(page, pair);
  expect(again).toMatchObject({ failure: { code: "invalid_code" } });
  expect((await overview(page)).account?.signedIn).toBe(true);
});

for (const path of ["app/sign-in", "pair"]) {
  test(`a link that ends in /${path} pairs by itself`, async ({ browserWindow, site, device }) => {
    const page = await open(browserWindow, site.url);
    const code: string = JSON.parse(await device.holdfast(["pair", "--new-code", "--json"])).code;
    const { account } = await ask(page, { call: "pair", server: `${site.url}/${path}#${code}`, code: null, deviceName: "browser" });
    expect(account).toMatchObject({ server: site.url, signedIn: true });
  });
}

test("what screens ask while a pairing is under way is answered, and the pairing too", async ({ browserWindow, site }) => {
  const page = await open(browserWindow, site.url);
  await capture(page, "Before");
  const pair = { call: "pair", server: site.url, code: "AAAA-AAAA", deviceName: "browser" } as const;
  for (let round = 0; round < 5; round++) {
    // All in one breath, as a page does that opens with a code in its address.
    const asked = page.evaluate(async (pair) => {
      const lists = (count: number) => Array.from({ length: count }, () => window.core.perform({ call: "list" }));
      const paired = window.core.perform(pair).catch((error: { code: string }) => error.code);
      const asked = [...lists(2), ...lists(2)];
      const status = await window.core.perform({ call: "overview" });
      const counts = (await Promise.all(asked)).map((list) => list.places.length);
      return { paired: await paired, counts, saved: status.status.places.savedOnDevice };
    }, pair);
    expect(await asked, `round ${round}`).toEqual({ paired: "invalid_code", counts: [1, 1, 1, 1], saved: 1 });
  }
});

test("an access that the server has ended is said, and a sign-in goes on with everything", async ({
  browserWindow,
  site,
  account,
  device,
}) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  const devices = JSON.parse(await device.holdfast(["devices", "--json"])).devices as { id: string; name: string }[];
  const id = devices.find(({ name }) => name === "browser")?.id;
  await device.holdfast(["devices", "revoke", id ?? ""]);
  await capture(page, "Kept");
  await expect.poll(async () => (await overview(page)).account?.signedIn).toBe(false);
  expect((await ask(page, { call: "sync" })).failure?.code).toBe("not_signed_in");
  await expectState(page, "Kept", "savedOnDevice");

  await signIn(page, site, account);
  await expectState(page, "Kept", "synced");
});

test("places saved without an account are asked about once, and adopted", async ({ browserWindow, site, account, device }) => {
  const page = await open(browserWindow, site.url);
  await capture(page, "Before");
  await signIn(page, site, account);
  expect((await overview(page)).adoption).toEqual({ places: 1, ask: true });
  expect(await places(page)).toEqual([]);
  expect(await ask(page, { call: "adopt" })).toEqual({ copied: 1, known: 0 });
  expect((await overview(page)).adoption).toEqual({ places: 0, ask: false });
  await expectState(page, "Before", "synced");
  await device.sync();
  expect(await device.holdfast(["list"])).toContain("Before");
});

test("a sign-out says what is unsent, keeps it for that account, and places kept apart stay apart", async ({
  browserWindow,
  site,
  account,
}) => {
  const page = await open(browserWindow, site.url);
  await capture(page, "Nobody's");
  await signIn(page, site, account);
  expect(await ask(page, { call: "keepApart" })).toEqual({ places: 1, ask: false });
  site.network = "down";
  site.breakConnections();
  const { key } = await capture(page, "Unsent");
  expect(await tryAsk(page, { call: "signOut" })).toMatchObject({ failure: { code: "unsent_work" } });
  expect(await ask(page, { call: "signOut", evenIfUnsent: true })).toEqual({ unsent: 1, serverTold: false });
  expect((await places(page)).map(({ name }) => name)).toEqual(["Nobody's"]);
  // A window that still shows the other account's place.
  expect(await tryAsk(page, { call: "delete", key })).toMatchObject({ failure: { code: "other_account" } });

  // The server hears of it at the next opportunity, from whatever this device then shows.
  site.network = "up";
  await page.reload();
  await expect.poll(() => site.seen.filter((request) => request === "DELETE /v1/sessions/current").length).toBe(1);
  await page.reload();
  await signIn(page, site, account);
  expect(site.seen.filter((request) => request === "DELETE /v1/sessions/current")).toHaveLength(1);
  expect((await overview(page)).adoption.ask).toBe(false);
  await expectState(page, "Unsent", "synced");
});

test("a device that is signed in is not taken over by another account's code, and leaves nothing behind there", async ({
  browserWindow,
  site,
  server,
  device,
}) => {
  const page = await open(browserWindow, site.url);
  const other = await server.addAccount();
  await signIn(page, site, other);
  await capture(page, "Other's");
  const { code } = JSON.parse(await device.holdfast(["pair", "--new-code", "--json"])) as { code: string };
  const pair = { call: "pair", server: site.url, code, deviceName: "browser" } as const;
  expect(await tryAsk(page, pair)).toMatchObject({ failure: { code: "signed_in_elsewhere" } });
  expect((await overview(page)).account?.email).toBe(other.email);
  expect((await places(page)).map(({ name }) => name)).toEqual(["Other's"]);
  // The access that the server had given out for the code is ended.
  await expect.poll(() => site.seen.includes("DELETE /v1/sessions/current")).toBe(true);
  await expectState(page, "Other's", "synced");
});

test("what two devices changed differently is asked, both sides shown, and answered", async ({
  browserWindow,
  site,
  account,
  device,
}) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  await capture(page, "Spring");
  await expectState(page, "Spring", "synced");
  const [place] = await places(page);
  site.network = "down";
  site.breakConnections();
  const edit = { call: "edit", key: place!.key, changes: { name: "Spring by the hut" }, seen: place! } as const;
  expect((await ask(page, edit)).changed).toBe(true);
  await device.sync();
  await device.holdfast(["edit", place!.id!, "--name", "Cold spring"]);
  await device.sync();
  await capture(page, "Forest");
  // Nothing is counted twice, now or at a later round: one change waits for the network, or for the person.
  expect(await ask(page, { call: "sync" })).toMatchObject({ needAttention: 0, pending: 2 });
  site.network = "up";
  expect(await ask(page, { call: "sync" })).toMatchObject({ needAttention: 1, pending: 0, failure: null });
  expect(await ask(page, { call: "sync" })).toMatchObject({ sent: 0, needAttention: 1, pending: 0 });

  const { question } = await ask(page, { call: "place", key: place!.key });
  expect(question).toMatchObject({
    kind: "conflict",
    mine: { who: "thisDevice", name: "Spring by the hut" },
    theirs: { who: "elsewhere", name: "Cold spring" },
    differing: ["name"],
    conflicting: ["name"],
    choices: ["keepMine", "keepTheirs", "perField"],
  });
  const answer = { is: "perField", fields: { name: "mine" } } as const;
  const stale = await tryAsk(page, { call: "resolve", key: place!.key, answer, seen: "something else" });
  expect(stale).toMatchObject({ failure: { code: "look_again" } });
  await ask(page, { call: "resolve", key: place!.key, answer, seen: question!.seen });
  await expectState(page, "Spring by the hut", "synced");
});

test("everything can be exported, and a diagnosis holds nothing of a place", async ({ browserWindow, site, account }) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  await ask(page, { call: "capture", clientId: crypto.randomUUID(), name: "Secret hut", note: "behind", position: HERE });
  for (const format of ["gpx", "geojson", "csv", "kml"] as const) {
    const { file, places } = await ask(page, { call: "export", format });
    expect(places).toBe(1);
    expect(file.text).toContain("Secret hut");
  }
  const { text } = await ask(page, { call: "diagnostics" });
  expect(text).toContain("account: signed in");
  for (const secret of ["Secret", "behind", "47.42", account.email, site.url]) expect(text).not.toContain(secret);
});
