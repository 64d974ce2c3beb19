// The words of signing in, and of the places that were saved before. A part of words.ts.

import { count } from "./words.count";

export const account = {
  signIn: {
    title: "Sign in",
    way: "Way to sign in",
    byCode: "With a code",
    byPassword: "With a password",
    codeText: "On a device that is signed in, open “Devices” on your server's pages and make a code. You can also point the phone's camera at it.",
    server: "Server",
    serverPlaceholder: "https://places.example.org",
    /** Where the app has met an account before. */
    again: (email: string) => `Sign in as ${email} again: what is unsent goes to that account.`,
    code: "Code",
    codePlaceholder: "XXXX-XXXX, or the whole link",
    email: "E-mail",
    password: "Password",
    showPassword: "Show password",
    hidePassword: "Hide password",
    deviceName: "Name of this device",
    deviceHint: "So that you recognise it in the list of your devices.",
    pair: "Pair this phone",
    signIn: "Sign in",
    needed: "Needed to sign in.",
    done: (email: string) => `Signed in as ${email}`,
    fromLink: "The code is from the link that you opened.",
    already: "This phone is signed in already.",
    /** What is wrong with a server's address, and how one looks. */
    address: {
      email: "This is an e-mail address. The server’s begins like a web page’s: https://places.example.org.",
      blank: "There is a blank in it. A server’s address has none, such as https://places.example.org.",
      scheme: (scheme: string) => `An address that begins with “${scheme}” is not a server’s. Write it like https://places.example.org.`,
      slashes: "Two slashes follow the colon: https://places.example.org.",
      login: "There is a name or password in it. Leave out what stands before the “@”: https://places.example.org.",
      unclear: "This is not the address of a server. Write it like https://places.example.org.",
      /** A browser lets the app speak with nobody else. */
      elsewhere: (own: string, other: string) => `Opened here, the app speaks with ${own} alone. To sign in to the other server, open ${other}/app.`,
    },
    keeps: "What is saved on this phone stays, whatever happens here.",
  },

  adopt: {
    title: (n: number) => `${count(n, "place")} ${n === 1 ? "was" : "were"} saved without an account`,
    text: "Take them into this account, so that they are sent to the server? They can also be taken in later, from the settings.",
    take: "Take them in",
    apart: "Keep them apart",
    taken: (n: number) => `${count(n, "place")} taken into the account.`,
    kept: "Kept apart. They are shown after you sign out, and can be taken in from the settings.",
    apartTitle: (n: number) => `${count(n, "place")} kept apart`,
    apartText: "Saved on this phone without an account. They are not sent, and are shown after you sign out.",
  },
} as const;
