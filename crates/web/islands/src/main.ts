// The one script of every page. It finds what the server's HTML offers to be made livelier, and loads what that takes.
// Without it every page still works.

import { watchAccount } from "./account";
import { copyButtons } from "./copy";
import { whenNear } from "./dom";
import { guard, sendOnce } from "./forms";
import { fillCode } from "./pair-link";
import { position } from "./position";
import { reachFirst } from "./reach";
import { suggest } from "./suggest";
import { localTimes } from "./times";
import { viewToggle } from "./toggle";

const all = <T extends HTMLElement>(selector: string) => document.querySelectorAll<T>(selector);

// First, as it changes what is seen.
document.documentElement.classList.add("has-script");
localTimes(document);
viewToggle(document);

const { account } = document.documentElement.dataset;
watchAccount(account);
copyButtons(document);
sendOnce(document);
all<HTMLFormElement>("form[data-guard]").forEach(reachFirst);
all<HTMLFormElement>("form[data-guard]").forEach(guard);
all<HTMLInputElement>("input[data-suggest]").forEach(suggest);
all("[data-pair]").forEach(fillCode);
all("[data-island=position]").forEach(position);
for (const island of all("[data-island=map]")) {
  whenNear(island, () => void import("./map/places").then(({ start }) => start(island)));
}

const lively = "[data-list], main[data-place-page], [data-live-part]";
if (account && document.querySelector(lively)) void import("./live").then(({ start }) => start(account));
