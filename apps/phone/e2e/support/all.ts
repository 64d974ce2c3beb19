// What is shared with the web platform's tests, in one place.

export { Device } from "../../../../crates/web/browser/support/device";
export { sticksOut, violations } from "../../../../crates/web/browser/support/look";
export { target } from "../../../../crates/web/browser/support/paths";
export type { BrowserContext, BrowserType, LaunchOptions, Locator, Page } from "../../../../crates/web/browser/support/playwright";
export { change, expect, save, settled, test } from "../../../../crates/web/browser/support/test";
export type { Account, Server } from "../../../../crates/web/browser/support/server";
export type { Watch } from "../../../../crates/web/browser/support/watch";
