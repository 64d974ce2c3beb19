// How the tests of the core run: the system's own Chromium, a server of its own for each worker, nothing tried twice.

import { defineConfig } from "@playwright/test";
import { target } from "../../../crates/web/browser/support/paths";
import { launch } from "./tests/support/browser";

export default defineConfig({
  testDir: "tests",
  outputDir: target("core-tests/results"),
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: { actionTimeout: 15_000, launchOptions: launch },
});
