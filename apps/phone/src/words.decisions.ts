// The words of what is typed, what clashes, and what is decided between two versions. A part of words.ts.

import { count } from "./words.count";

export const decisions = {
  draft: {
    title: "Not saved yet",
    text: "You typed this before the page was closed. It is only here until you save it.",
    signOut: (n: number) => `What you typed at ${count(n, "place")} and did not save is lost.`,
  },

  /** Where another window, or the server, has changed what is being typed. */
  clash: {
    title: "Changed meanwhile",
    text: "This place was changed in another window or elsewhere while you were typing. Nothing has been overwritten.",
    mine: (field: string) => `${field}, as you typed it`,
    now: (field: string) => `${field}, as it is now`,
    keepMine: "Save what I typed",
    keepNow: "Keep it as it is now",
    later: "Not now",
    notYet: "Not saved yet. What you typed is still on the place’s page.",
    kept: { mine: "Saved on this phone, as you typed it.", now: "Kept as it is now." },
    copy: { mine: "Copy what was there", now: "Copy what I typed" },
  },

  conflict: {
    title: "Decide",
    fieldsChanged: "The same was changed here and elsewhere: on your server’s pages, another device, or by somebody it is shared with. Nothing has been overwritten. Choose, for each, what it shall be.",
    changedSince: "The place was changed elsewhere after you had last seen it. Nothing has been overwritten.",
    inTrash: "The place was put into the trash elsewhere, after you had changed it here.",
    deletedForGood: "The place was deleted for good elsewhere. What this phone has of it is kept: save it as a new place, or let it go.",
    noLongerVisible: "The place is no longer shared with you. What this phone has of it is kept: save it as a place of your own, or let it go.",
    olderOnServer: "The server was restored, and its older version was changed before this phone could give back the newer one.",
    mine: (when: string) => `This phone, ${when}`,
    theirs: (when: string) => `On the server, ${when}`,
    fields: { name: "Name", note: "Note", category: "Category", position: "Position", tags: "Tags", trash: "Trash" },
    empty: "Empty",
    inTrashValue: "In the trash",
    notInTrash: "Not in the trash",
    apart: (distance: string) => `${distance} apart`,
    both: "Both are kept: this does not conflict.",
    keepMine: "Keep this phone’s version",
    keepTheirs: "Keep the other version",
    /** Where one side is in the trash, the two answers say what becomes of the place. */
    outOfTrash: "Take it out of the trash, with my changes",
    leaveInTrash: "Leave it in the trash",
    intoTrash: "Put it into the trash",
    leaveOut: "Keep it out of the trash",
    keepAsNew: "Save as a new place",
    letGo: "Let it go",
    takeServers: "Take the server’s version",
    perField: "Save my choice",
    undecided: "Choose a side for each first.",
    /** What became of both sides, said after the decision. */
    became: {
      mine: "This phone’s version is kept. The other one is in the history.",
      theirs: "The other version is kept. This phone’s is in the history.",
      outOfTrash: "It is out of the trash, with your changes.",
      leftInTrash: "It stays in the trash. What you had changed is in the history.",
      intoTrash: "It goes into the trash. It can be restored from there.",
      leftOut: "It stays out of the trash.",
      each: (mine: string, theirs: string) =>
        [mine && `Kept from this phone: ${mine}.`, theirs && `Kept from the other version: ${theirs}.`, "What was not kept is in the history."].filter(Boolean).join(" "),
      asNew: "Saved as a new place. The old one is gone.",
      letGo: "Let go: this phone does not have it any more.",
      servers: "The server’s version is kept. This phone’s is in the history.",
    },
    nothing: "There is nothing to decide about this place any more.",
    letGoTitle: "Let it go?",
    letGoText: "What this phone has of it will no longer be shown. It stays in no other place.",
  },

  lost: {
    fields: { name: "name", note: "note", category: "category", position: "position", tags: "tags" },
    mine: (field: string, value: string) => `Your ${field} “${value}” was not kept.`,
    theirs: (field: string, value: string) => `The other version’s ${field} “${value}” was not kept.`,
    discarded: (field: string, value: string) => `The ${field} “${value}” was not sent.`,
    before: (field: string, value: string) => `Before that, the ${field} was “${value}” in one of the versions.`,
    /** For values that were to be empty. */
    nothing: {
      mine: (field: string) => `You had emptied the ${field}; that was not kept.`,
      theirs: (field: string) => `The other version had no ${field}; that was not kept.`,
      discarded: (field: string) => `You had emptied the ${field}; that was not sent.`,
      before: (field: string) => `Before that, one of the versions had no ${field}.`,
    },
    /** Tags are a change of what there was. */
    tags: {
      mine: (change: string) => `Your change of the tags (${change}) was not kept.`,
      theirs: (change: string) => `The other version’s change of the tags (${change}) was not kept.`,
      discarded: (change: string) => `The change of the tags (${change}) was not sent.`,
      before: (tags: string) => `Before that, one of the versions had the tags ${tags}.`,
    },
    copy: "Copy",
    copyThe: (field: string) => `Copy the ${field} that was not kept`,
    copied: "Copied",
    notCopied: "The browser does not let the app copy. Select the text instead.",
    whole: "Show all of it",
  },
} as const;
