import { describe, expect, it } from "@jest/globals";
import { failure } from "../core/src/core";
import { addressProblem, elsewhereProblem } from "../src/sign-in/address";
import { nameByAgent, nameByTold } from "../src/sign-in/deviceName";
import { masked } from "../src/sign-in/masked";
import { serverProblem } from "../src/sign-in/server";
import { words } from "../src/words";

const said = words.signIn.address;

describe("a server's address", () => {
  it("is taken as people write it", () => {
    const taken = ["https://places.example.org", "places.example.org", "HTTP://nas:8080", "localhost:4000", "127.0.0.1:4000", "https://example.org/holdfast", ""];
    expect(taken.filter((address) => addressProblem(address) !== undefined)).toEqual([]);
  });

  it.each([
    ["ann@example.org", said.email],
    ["places example.org", said.blank],
    ["ftp://places.example.org", said.scheme("ftp://")],
    ["mailto:ann@example.org", said.scheme("mailto:")],
    ["https:places.example.org", said.slashes],
    ["https//places.example.org", said.slashes],
    ["https://ann:secret@places.example.org", said.login],
    ["https://", said.unclear],
    ["places.example.org:port", said.unclear],
  ])("%s is none, and it is said why, with an example", (address, why) => {
    expect(addressProblem(address)).toBe(why);
    expect(why).toContain("https://places.example.org");
  });

  it("is another server's than the one that the app came from", () => {
    expect(elsewhereProblem("other.example.org", "https://places.example.org")).toBe(said.elsewhere("https://places.example.org", "https://other.example.org"));
    expect(elsewhereProblem("places.example.org/", "https://places.example.org")).toBeUndefined();
    expect(elsewhereProblem("127.0.0.1:4000", "http://127.0.0.1:4000")).toBeUndefined();
    // A phone speaks with any.
    expect(elsewhereProblem("other.example.org", "")).toBeUndefined();
  });

  it("that does not answer is said to be that, without a word of what is sent: nobody is signed in", () => {
    const unreachable = failure("unreachable");
    expect(serverProblem("https://places.example.org", true, unreachable)).toBe(`${unreachable.sentence} ${words.signIn.unreachable}`);
    const stranger = failure("not_holdfast");
    expect(serverProblem("https://places.example.org", true, stranger)).toBe(`${stranger.sentence} ${stranger.advice}`);
  });

  it("what the core says of it goes with the field", () => {
    expect(failure("invalid_server").advice).toContain("https://places.example.org");
  });
});

describe("an e-mail address, to whoever holds the phone", () => {
  it("is its first letter and its domain, so that one knows one's own", () => {
    expect(["ada@example.org", "a@example.org", "Zoë.of@home@example.org", "élan@example.org"].map(masked)).toEqual(["a…@e….org", "a…@e….org", "Z…@e….org", "é…@e….org"]);
  });

  it("is never whole, even where it is none", () => {
    expect(["ada", "@example.org", "", "ada@home", "ada@"].map(masked)).toEqual(["a…", "@…", "…", "a…@h…", "a…@…"]);
  });
});

const PIXEL = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
const LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

describe("what a device is called", () => {
  it("is its model where the browser tells it", () => {
    expect(nameByTold({ model: "Pixel 8", platform: "Android", isMobile: true }, PIXEL)).toBe("Pixel 8");
  });

  it("is its kind where the model is hidden", () => {
    expect(nameByTold({ model: "K", platform: "Android", isMobile: true }, PIXEL)).toBe("Android phone");
    expect(nameByTold({ model: "", platform: "Android", isMobile: false }, PIXEL)).toBe("Android tablet");
    expect(nameByAgent(PIXEL)).toBe("Android phone");
    expect(nameByAgent(IPHONE)).toBe("iPhone");
  });

  it("is browser and system on a computer", () => {
    expect(nameByAgent(LINUX)).toBe("Chrome on Linux");
    expect(nameByTold({ model: "", platform: "macOS", isMobile: false }, LINUX)).toBe("Chrome on Mac");
    expect(nameByTold({ model: "", platform: "", isMobile: false }, LINUX)).toBe("Chrome on Linux");
  });
});
