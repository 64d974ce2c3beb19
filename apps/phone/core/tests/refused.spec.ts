import { ask, capture, expect, expectState, open, overview, signIn, test } from "./support/test";

const FAREWELL = "DELETE /v1/sessions/current";
const STREAM = "GET /v1/sync/events";

test("a farewell that the server refuses has not been said: it is said again, until it is taken", async ({ browserWindow, site, account, device }) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  site.refuse({ path: "/v1/sessions/current", status: 426, code: "client_too_old" });
  expect(await ask(page, { call: "signOut" })).toEqual({ unsent: 0, serverTold: false });
  expect(site.count(FAREWELL)).toBe(1);
  await page.reload();
  await expect.poll(() => site.count(FAREWELL)).toBe(2);

  site.refuse(undefined);
  await page.reload();
  await expect.poll(() => site.count(FAREWELL)).toBe(3);
  await expect.poll(async () => await device.holdfast(["devices"])).not.toContain("browser");
  await page.reload();
  await signIn(page, site, account);
  expect(site.count(FAREWELL), "taken, it is not said again").toBe(3);
});

test("a server that knows the account no more needs no farewell", async ({ browserWindow, site, account }) => {
  const page = await open(browserWindow, site.url);
  await signIn(page, site, account);
  site.refuse({ path: "/v1/sessions/current", status: 403, code: "account_gone" });
  expect(await ask(page, { call: "signOut" })).toEqual({ unsent: 0, serverTold: true });
});

for (const [status, code, most] of [
  [426, "client_too_old", 1],
  [503, "unavailable", Number.POSITIVE_INFINITY],
] as const) {
  const often = most === 1 ? "once, and for minutes not again" : "again soon";
  test(`a live stream that is answered with ${status} is asked for ${often}; what there is to fetch is fetched`, async ({ browserWindow, site, account, device }) => {
    site.refuse({ path: "/v1/sync/events", status, code });
    const page = await open(browserWindow, site.url);
    await signIn(page, site, account);
    await expect.poll(() => site.count(STREAM)).toBeGreaterThan(0);
    expect((await overview(page)).live).toBe("polling");
    // The first pauses are of one second, and of two.
    await page.waitForTimeout(5_000);
    if (most === 1) expect(site.count(STREAM)).toBe(1);
    else expect(site.count(STREAM)).toBeGreaterThan(1);
    await capture(page, "Sent without it");
    await expectState(page, "Sent without it", "synced");
    await device.holdfast(["save", "47.1", "9.2", "--name", "From elsewhere"]);
    await device.sync();
    await ask(page, { call: "sync" });
    await expectState(page, "From elsewhere", "synced");
  });
}
