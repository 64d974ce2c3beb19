// How the phone app's tests run: like the web platform's, on the screen of a phone.

import base from "../../../crates/web/browser/playwright.config";
import { target } from "../../../crates/web/browser/support/paths";
import { defineConfig } from "../../../crates/web/browser/support/playwright";
import { PHONE } from "./support/phone";

export default defineConfig({
  ...base,
  testDir: "tests",
  outputDir: target("phone/results"),
  use: { ...base.use, viewport: PHONE, hasTouch: true },
});
