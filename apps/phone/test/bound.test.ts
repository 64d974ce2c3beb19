import { expect, test } from "@jest/globals";
import type { Call, Core, StoreKey } from "../core/src/core";
import { boundTo } from "../src/core/bound";

function recorder() {
  const asked: [Call["call"], StoreKey | undefined][] = [];
  const core = {
    perform: (call: Call, store?: StoreKey) => {
      asked.push([call.call, store]);
      return new Promise<never>(() => undefined);
    },
    subscribe: () => () => undefined,
    close: async () => undefined,
  } satisfies Core;
  return { core, asked };
}

test("what a person does is for the places that they see, and what is only asked for whichever are there", () => {
  const { core, asked } = recorder();
  let shown: StoreKey | undefined;
  const bound = boundTo(core, () => shown);
  void bound.perform({ call: "retryAll" });
  shown = "ada";
  void bound.perform({ call: "retryAll" });
  void bound.perform({ call: "signOut" });
  void bound.perform({ call: "list" });
  void bound.perform({ call: "undoCapture", clientId: "c" }, "bob");
  expect(asked).toEqual([
    ["retryAll", undefined],
    ["retryAll", "ada"],
    ["signOut", "ada"],
    ["list", undefined],
    ["undoCapture", "bob"],
  ]);
});
