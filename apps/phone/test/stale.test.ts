import { describe, expect, it } from "@jest/globals";
import { failure } from "../core/src/core";
import { afterFailure } from "../src/core/stale";

describe("after a question was asked again in vain", () => {
  const before = { data: "a place" };

  it("what was shown stays where it can still be true", () => {
    expect(afterFailure(before, failure("busy"), false)).toEqual({ data: "a place", failure: failure("busy") });
    expect(afterFailure({}, failure("busy"), false)).toEqual({ failure: failure("busy") });
  });

  it("what is gone or another account's is not shown any more", () => {
    for (const code of ["no_such_place", "other_account"] as const) expect(afterFailure(before, failure(code), false)).toEqual({ failure: failure(code) });
    expect(afterFailure(before, failure("busy"), true)).toEqual({ failure: failure("busy") });
  });
});
