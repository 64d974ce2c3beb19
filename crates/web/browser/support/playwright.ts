// Playwright, for the phone app's tests, too: a second installation could not load what they share with these.

export * from "@playwright/test";
